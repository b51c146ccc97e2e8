import { listOpenUndos } from '../evidence/standing.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Verdict } from '../journal/events.ts';
import type { Call } from '../model/call.ts';
import type { Suspension } from '../model/entities/scaling.ts';
import { UNDO_TAG } from '../model/entities/undo-mark.ts';
import { verdictOf } from './made.ts';

/**
 * An inconclusive drill may be run again, but not while a change of it still stands, and an aborted one is over when nothing of
 * it is left: else the verdict is not-undone.
 */
export function withNotUndone(verdict: Verdict, evidence: Evidence): Verdict {
  const { outcome, findings, notes, cause } = verdict;
  const left = evidence.events('GD_SETTLED').at(-1)?.payload.left;
  if (left === undefined) return verdict;
  const isLeft =
    (outcome === 'inconclusive' && listOpenUndos(evidence).length > 0) ||
    (outcome === 'aborted' && left.length > 0);
  if (!isLeft) return verdict;
  const said = `${verdict.reason}: ${verdict.said}; left: ${left.join('; ')}`;
  return verdictOf('not-undone', said, { findings, notes, cause });
}

/** A drill that was aborted after its stop, and whose journal decides nothing, is no drill to be run again. */
export function withAborted(verdict: Verdict, evidence: Evidence): Verdict {
  const isAborted = evidence.events('GD_RESUMED').some(({ payload }) => payload.how === 'abort');
  if (!isAborted || verdict.outcome !== 'inconclusive') return verdict;
  const { findings, notes, cause } = verdict;
  const said = `the drill was aborted by hand after the stop was sent; ${verdict.reason}: ${verdict.said}`;
  return verdictOf('aborted', said, { findings, notes, cause });
}

/** Commands of the AWS CLI that put back what the drill left changed, ready to be typed. A rig that ended with its runner left nothing. */
export function commandsOf(evidence: Evidence): readonly string[] {
  const { embeddedRig, region } = evidence.plan;
  if (embeddedRig) return [];
  return listOpenUndos(evidence).flatMap((call) => commandOf(call, region));
}

function commandOf(call: Call, region: string): readonly string[] {
  switch (call.kind) {
    case 'set-desired-count':
      return [
        buildAwsCommand('update-service', region, [
          ...['--cluster', call.cluster, '--service', call.service],
          ...['--desired-count', String(call.desired)],
        ]),
      ];
    case 'suspend-scaling':
    case 'set-minimum-capacity':
      return [
        buildAwsCommand(
          'register-scalable-target',
          region,
          [
            ...['--service-namespace', 'ecs', '--scalable-dimension', 'ecs:service:DesiredCount'],
            ...[
              '--resource-id',
              `service/${call.cluster.slice(call.cluster.lastIndexOf('/') + 1)}/${call.service}`,
            ],
            ...(call.kind === 'suspend-scaling'
              ? ['--suspended-state', formatSuspendedState(call.suspended)]
              : ['--min-capacity', String(call.min)]),
          ],
          'application-autoscaling',
        ),
      ];
    case 'set-instance-state':
      return [
        buildAwsCommand('update-container-instances-state', region, [
          ...['--cluster', call.cluster, '--container-instances', call.instance],
          ...['--status', call.status],
        ]),
      ];
    case 'protect-tasks':
      return [
        buildAwsCommand('update-task-protection', region, [
          ...['--cluster', call.cluster, '--tasks', ...call.tasks],
          '--no-protection-enabled',
        ]),
      ];
    case 'unmark-service':
      return [
        buildAwsCommand('untag-resource', region, [
          ...['--resource-arn', call.serviceArn, '--tag-keys', UNDO_TAG],
        ]),
      ];
    default:
      return [];
  }
}

/** In the AWS CLI's shorthand. */
function formatSuspendedState({ in: scaleIn, out, scheduled }: Suspension): string {
  return [
    `DynamicScalingInSuspended=${String(scaleIn)}`,
    `DynamicScalingOutSuspended=${String(out)}`,
    `ScheduledScalingSuspended=${String(scheduled)}`,
  ].join(',');
}

function buildAwsCommand(
  operation: string,
  region: string,
  given: readonly string[],
  service = 'ecs',
): string {
  return ['aws', service, operation, '--region', region, ...given].map(quoteForShell).join(' ');
}

/** Quotes a word for a shell. */
function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
