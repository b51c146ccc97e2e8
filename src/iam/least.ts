import { CALLS, type EcsOperation } from '../model/call.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/schema.ts';
import { FAULTS } from '../faults/list.ts';
import { needsOf, type Hosts, type Use } from './needs.ts';
import { placeOf } from './place.ts';
import { grantsOf, statementsOf, type Statement } from './statements.ts';

/** A scenario and where it goes. */
export interface Asked {
  readonly scenario: Plan['scenario'];
  /** Where neither the scenario nor its cluster's ARN names one. */
  readonly region: string;
  /** For clusters that are named without an ARN; null: the format fills it in. */
  readonly account: string | null;
}

/** The least rights with which all of these scenarios can do all of these commands. */
export function leastOf(asked: readonly Asked[], uses: readonly Use[], hosts: Hosts): readonly Statement[] {
  return statementsOf(
    asked.flatMap(({ scenario, region, account }) => {
      const { service, taskTag, name } = scenario.cluster;
      const found = !('inject' in scenario);
      const place = placeOf(name, scenario.cluster.region ?? region, account);
      const limits = { service, taskTag: taskTag !== null && isTag(taskTag) ? taskTag : null };
      return uses.flatMap((use) =>
        // `gameday assert` takes the cluster from the ARNs of the tasks that it finds.
        grantsOf(needsOf(scenario, use, hosts), found ? { ...place, cluster: null } : place, limits),
      );
    }),
  );
}

/**
 * Whether ECS can hold such a tag and a policy can name it. ECS: letters, digits, spaces and `+ - = . _ : / @` (API
 * reference, Tag); IAM: U+0020 to U+00FF ("IAM and AWS STS quotas").
 */
export function isTag({ key, value }: { readonly key: string; readonly value: string }): boolean {
  return /^[A-Za-z0-9\u00AA\u00B5\u00BA\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u00FF +\-=._:/@]*$/.test(
    key + value,
  );
}

/** What a person should know who gives these rights. */
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
  const byHost = asked.flatMap(({ scenario }) => ('inject' in scenario ? needsByHost(scenario.inject) : []));
  return [
    ...unheld.map(
      ({ key, value }) =>
        `cluster.taskTag ${key}=${value} has characters that no tag of ECS or no policy can hold: StopTask is not limited to it.`,
    ),
    ...(isFree
      ? [
          'ecs:StopTask reaches every task of the cluster: ECS knows no condition for a service. cluster.taskTag limits it, where the tasks carry a tag.',
        ]
      : []),
    ...(actions.has('ecs:UpdateService')
      ? [
          'ecs:UpdateService reaches all of the service: IAM cannot limit it to the desired count or to a deployment.',
        ]
      : []),
    ...(hosts === null ? new Set(byHost) : []),
    ...(actions.has('ecs:DescribeCapacityProviders') && hosts === null
      ? [
          'ecs:DescribeCapacityProviders is only asked where an Auto Scaling group gives the service its capacity: --launch-type FARGATE leaves it out.',
        ]
      : []),
  ];
}

/** A fault that is done in another way on Fargate than on EC2 needs the rights of both, unless the person says which it is. */
function needsByHost(inject: Scenario['inject']): readonly string[] {
  if (inject.fault === 'none') return [];
  const { needs } = FAULTS[inject.fault];
  const operations = (hosts: 'FARGATE' | 'EC2'): string =>
    needs({ inject, hosts })
      .calls.map((kind): EcsOperation | null => CALLS[kind].operation)
      .join(' and ');
  const [fargate, ec2] = [operations('FARGATE'), operations('EC2')];
  return fargate === ec2
    ? []
    : [
        `${inject.fault} takes ${fargate} on Fargate and ${ec2} on EC2: --launch-type leaves one of them out.`,
      ];
}
