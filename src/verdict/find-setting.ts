import type { Evidence } from '../evidence/evidence.ts';
import { isHeldBack } from '../model/answer.ts';
import type { Setting } from './setting.ts';

/** When and where the drill ran, by which gameday, and what it cost. */
export function findSetting(
  whole: Evidence,
  spent: { readonly requests: number; readonly points: number } | null,
): Setting {
  const { plan, events } = whole;
  return {
    startedAt: events('GD_DRILL_PLANNED')[0]?.at ?? whole.lastEvent.at,
    // A drill that never began has no verdict of its own: it is over when it is settled.
    endedAt: (events('GD_JUDGED').at(-1) ?? events('GD_SETTLED').at(-1))?.at ?? null,
    gameday: plan.runner,
    region: plan.region,
    cluster: plan.scenario.cluster.name,
    service: plan.scenario.cluster.service ?? findServiceOfTarget(whole),
    account: findAccount(whole),
    cost: {
      requests: spent?.requests ?? null,
      points: spent?.points ?? null,
      calls: countCalls(whole),
    },
  };
}

/** ECS names the group of a task that a service started `service:NAME`. */
function findServiceOfTarget({ target, last }: Evidence): string | null {
  const group = target === null ? null : (last('task', target.taskArn)?.value.group ?? null);
  return group?.startsWith('service:') === true ? group.slice('service:'.length) : null;
}

/** The account in the ARN of the target, else of any task that was seen, else of the cluster. */
function findAccount({ target, every, plan }: Evidence): string | null {
  const arns = [target?.taskArn, every('task')[0]?.value.arn, plan.scenario.cluster.name];
  for (const arn of arns) {
    const account = /^arn:[^:]+:ecs:[^:]*:(\d{12}):/.exec(arn ?? '')?.[1];
    if (account !== undefined) return account;
  }
  return null;
}

/** Calls that change something and that were sent, or may have been: one that was intended and has no answer counts. */
function countCalls({ events }: Evidence): number {
  const intended = ['GD_BUILD_INTENDED', 'GD_FAULT_INTENDED', 'GD_UNDO_INTENDED'] as const;
  const answered = ['GD_BUILD_SENT', 'GD_FAULT_SENT', 'GD_UNDO_SENT'] as const;
  const count = intended.reduce((sum, code) => sum + events(code).length, 0);
  const heldBack = answered.reduce(
    (sum, code) => sum + events(code).filter(({ payload }) => isHeldBack(payload)).length,
    0,
  );
  return count - heldBack;
}
