import { CALLS, MARKED } from '../model/call.ts';
import type { AwsOperation } from '../model/call.ts';
import { type Plan } from '../scenario/plan.ts';
import { hasBuild, type Scenario } from '../scenario/schema.ts';
import { listInjectionSubjects } from '../scenario/subjects.ts';
import { FACTS, type FactKind } from '../model/world.ts';
import type { Beforehand } from '../faults/fault.ts';
import { FAULTS } from '../faults/list.ts';
import { ALSO_NEEDED, type Right } from './operations.ts';
import { TRIGGERS } from '../triggers/list.ts';

/** The command that needs the rights; `run` includes `resume`, `abort` and `--dry-run`. */
export type Use = 'run' | 'preflight' | 'assert';

/** What the tasks run on, if known; operations that only the other kind needs are left out. */
export type Hosts = Beforehand['hosts'];

/** One operation that a scenario needs, and its purpose. */
export interface Need {
  readonly operation: Right;
  readonly why: string;
}

/** A scenario or an assertion. */
export type Asked = Plan['scenario'];

/** The reads of preflight: of the service, or of the family if no service is named. Fargate's own providers are not read. */
function documentsOf({ cluster }: Asked, hosts: Hosts): readonly AwsOperation[] {
  const definition: readonly AwsOperation[] =
    cluster.service === null && cluster.family === null ? [] : ['DescribeTaskDefinition'];
  if (cluster.service === null) return definition;
  const providers: readonly AwsOperation[] = hosts === 'FARGATE' ? [] : ['DescribeCapacityProviders'];
  return ['DescribeServices', ...definition, ...providers];
}

/** What a command does to a ledger on S3: it adds drills there, and shares the lock of the service; preflight does neither. */
export function needsOfLedger(use: Use): readonly Need[] {
  const operations = ['s3:ListBucket', 's3:GetObject', 's3:PutObject', 's3:DeleteObject'] as const;
  return use === 'preflight'
    ? []
    : operations.map((operation) => ({ operation, why: 'the ledger and its lock' }));
}

/** All operations of AWS that one command needs with this scenario, each with its purpose. */
export function needsOf(scenario: Asked, use: Use, hosts: Hosts): readonly Need[] {
  if (use === 'assert' || !('inject' in scenario))
    return readsOf(scenario, hosts, ['task', 'task-definition'], 'assert');
  if (use === 'preflight') return needsOfPreflight(scenario, hosts);
  return needsOfRun(scenario, hosts);
}

function needsOfPreflight(scenario: Scenario, hosts: Hosts): readonly Need[] {
  const protection: readonly FactKind[] = scenario.cluster.service === null ? [] : ['protection'];
  return readsOf(scenario, hosts, ['preflight', 'tasks-of', ...protection], 'preflight');
}

const SCALING: readonly FactKind[] = ['scaling', 'scalable-target', 'scaling-activities'];

function needsOfRun(scenario: Scenario, hosts: Hosts): readonly Need[] {
  const { inject, when } = scenario;
  const trigger = readsOf(scenario, hosts, TRIGGERS[when.trigger].reads, `trigger ${when.trigger}`);
  const target = readsOf(scenario, hosts, ['task', 'task-definition'], 'the target and its end');
  // A baseline of a build has no target.
  if (inject.fault === 'none') return hasBuild(scenario) ? trigger : [...trigger, ...target];
  const gate = listInjectionSubjects({ scenario, lockKey: '', dryRun: false }).map(({ kind }) => kind);
  const guards = gate.filter((kind) => kind !== 'preflight' && !SCALING.includes(kind));
  const scaling = gate.filter((kind) => SCALING.includes(kind));
  const looks = gate.filter((kind) => kind === 'preflight');
  const { calls, reads } = FAULTS[inject.fault].needs({ inject, hosts });
  const isMarked = scenario.safety.mark === 'on' && calls.some((kind) => MARKED.has(kind));
  const marks: readonly AwsOperation[] = isMarked ? ['TagResource', 'UntagResource'] : [];
  const mapping: readonly FactKind[] = scenario.cluster.mapping === 'hostname' ? ['tasks-of'] : [];
  return [
    ...readsOf(scenario, hosts, guards, 'guards'),
    ...readsOf(scenario, hosts, scaling, 'what else scales the service'),
    ...readsOf(scenario, hosts, looks, 'preflight before the drill'),
    ...trigger,
    ...target,
    ...readsOf(scenario, hosts, mapping, 'the mapping by host name'),
    ...readsOf(scenario, hosts, reads, `fault ${inject.fault}`),
    ...readsOf(
      scenario,
      hosts,
      scenario.expect.worker === 'spared' ? ['protection'] : [],
      'the protection of the target',
    ),
    ...calls.flatMap((kind): Need[] => {
      const { operation } = CALLS[kind];
      const why = `fault ${inject.fault}`;
      // Who registers a service needs these too (Application Auto Scaling User Guide, permissions for target services).
      if (operation === 'RegisterScalableTarget')
        return [operation, 'UpdateService' as const, 'DescribeServices' as const].map((one) => ({
          ...{ operation: one, why },
        }));
      if (operation === null) return [];
      const all: readonly Right[] = [operation, ...(ALSO_NEEDED[operation] ?? [])];
      return all.map((one) => ({ operation: one, why }));
    }),
    ...marks.map((operation) => ({ operation, why: 'the mark of what is to be put back' })),
  ];
}

function readsOf(scenario: Asked, hosts: Hosts, kinds: readonly FactKind[], why: string): readonly Need[] {
  return kinds
    .flatMap((kind) => (kind === 'preflight' ? documentsOf(scenario, hosts) : FACTS[kind].rights))
    .map((operation) => ({ operation, why }));
}
