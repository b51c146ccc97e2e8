import { CALLS } from '../model/call.ts';
import type { AwsOperation } from '../model/call.ts';
import type { Plan } from '../scenario/plan.ts';
import { templateIn } from '../scenario/inject.ts';
import type { Scenario } from '../scenario/schema.ts';
import { FAULTS } from '../faults/list.ts';
import { needsOf, needsOfLedger, type Hosts, type Use } from './needs.ts';
import { placeOf } from './place.ts';
import { grantsOf, statementsOf, type LedgerPlace, type Statement } from './statements.ts';

/** A scenario and where it runs. */
export interface Asked {
  readonly scenario: Plan['scenario'];
  /** The region if neither the scenario nor its cluster's ARN names one. */
  readonly region: string;
  /** The account for clusters that are named without an ARN; null: the format fills it in. */
  readonly account: string | null;
  /** Where its ledger and the lock that machines share are on S3; null: they are not. */
  readonly ledger: LedgerPlace | null;
}

/** The least rights for all of these commands with all of these scenarios. */
export function leastOf(asked: readonly Asked[], uses: readonly Use[], hosts: Hosts): readonly Statement[] {
  return statementsOf(
    asked.flatMap(({ scenario, region, account, ledger }) => {
      const { service, taskTag, name } = scenario.cluster;
      const found = !('inject' in scenario);
      const place = placeOf(name, scenario.cluster.region ?? region, account);
      const inject = found ? null : scenario.inject;
      const fis = {
        role: inject?.fault === 'spot-reclaim' ? inject.role : null,
        template: inject === null ? null : templateIn(inject),
      };
      const limits = {
        ...fis,
        ledger,
        service,
        taskTag: taskTag !== null && isTag(taskTag) ? taskTag : null,
      };
      return uses.flatMap((use) =>
        // `gameday assert` reads the cluster from the ARNs of the tasks that it finds.
        grantsOf(
          [...needsOf(scenario, use, hosts), ...(ledger === null ? [] : needsOfLedger(use))],
          found ? { ...place, cluster: null } : place,
          limits,
        ),
      );
    }),
  );
}

/**
 * Whether ECS allows such a tag and a policy can name it. ECS: letters, digits, spaces and `+ - = . _ : / @` (API
 * reference, Tag); IAM: U+0020 to U+00FF ("IAM and AWS STS quotas").
 */
export function isTag({ key, value }: { readonly key: string; readonly value: string }): boolean {
  return /^[A-Za-z0-9\u00AA\u00B5\u00BA\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u00FF +\-=._:/@]*$/.test(
    key + value,
  );
}

/** Notes for the person who grants these rights. */
export function notesOf(
  asked: readonly Asked[],
  statements: readonly Statement[],
  hosts: Hosts,
): readonly string[] {
  const actions = new Set(statements.flatMap((statement) => statement.actions));
  const unheld = asked
    .map(({ scenario }) => scenario.cluster.taskTag)
    .filter((tag) => tag !== null)
    .filter((tag) => !isTag(tag));
  const isFree = statements.some((one) => one.tag === null && one.actions.includes('ecs:StopTask'));
  const byHost = asked.flatMap(({ scenario }) =>
    'inject' in scenario ? noteNeedsByHost(scenario.inject) : [],
  );
  return [
    ...unheld.map(
      ({ key, value }) =>
        `cluster.taskTag ${key}=${value} has characters that are not allowed in tags of ECS or in policies: StopTask is not limited by this tag.`,
    ),
    ...(isFree
      ? [
          'ecs:StopTask reaches every task of the cluster: ECS has no condition key for a service. cluster.taskTag limits it if the tasks carry a tag.',
        ]
      : []),
    ...(actions.has('ecs:UpdateService')
      ? [
          'ecs:UpdateService allows every change of the service: IAM cannot limit it to the desired count or to a deployment.',
        ]
      : []),
    ...(actions.has('s3:PutObject')
      ? [
          'A bucket that is encrypted with a key of AWS KMS asks for kms:Decrypt and kms:GenerateDataKey on that key too.',
        ]
      : []),
    ...(hosts === null ? new Set(byHost) : []),
    ...(actions.has('ecs:DescribeCapacityProviders') && hosts === null
      ? [
          'ecs:DescribeCapacityProviders is needed only if an Auto Scaling group provides the capacity of the service: --launch-type FARGATE leaves it out.',
        ]
      : []),
  ];
}

/** The note on a fault with different calls on Fargate and EC2: it needs both rights unless the launch type is given. */
function noteNeedsByHost(inject: Scenario['inject']): readonly string[] {
  if (inject.fault === 'none') return [];
  const { needs } = FAULTS[inject.fault];
  const operations = (hosts: 'FARGATE' | 'EC2'): string =>
    needs({ inject, hosts })
      .calls.map((kind): AwsOperation | null => CALLS[kind].operation)
      .join(' and ');
  const [fargate, ec2] = [operations('FARGATE'), operations('EC2')];
  return fargate === ec2
    ? []
    : [
        `${inject.fault} needs ${fargate} on Fargate and ${ec2} on EC2: --launch-type leaves one of them out.`,
      ];
}
