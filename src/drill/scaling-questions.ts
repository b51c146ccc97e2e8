import type { AutoScaling } from '../auto-scaling/port.ts';
import type { Answer } from '../model/answer.ts';
import type { Scaling } from '../model/entities/scaling.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Fact, KindFrom } from '../model/world.ts';
import { mapAnswer, type Of } from './ecs-questions.ts';

/** Asks Application Auto Scaling one question; the id is the service's name. */
export async function askAutoScaling(
  { kind, id }: Of<KindFrom<'Application Auto Scaling'>>,
  plan: Plan,
  autoScaling: AutoScaling,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  const { name: cluster } = plan.scenario.cluster;
  if (kind === 'scaling')
    return { ok: true, value: [{ kind, id, value: await readScaling(autoScaling, cluster, id, signal) }] };
  if (kind === 'scaling-activities')
    return mapAnswer(await autoScaling.activities(cluster, id, signal), (activities) => [
      { kind, id, value: { activities: [...activities] } },
    ]);
  return mapAnswer(await autoScaling.target(cluster, id, signal), (target) => [
    { kind, id, value: { target } },
  ]);
}

/** What may scale the service. Where a part of it was not told, the fact says why. */
async function readScaling(
  autoScaling: AutoScaling,
  cluster: string,
  service: string,
  signal: AbortSignal,
): Promise<Scaling> {
  const target = await autoScaling.target(cluster, service, signal);
  if (!target.ok) return { target: null, policies: [], scheduled: [], unknown: target.trouble.message };
  if (target.value === null) return { target: null, policies: [], scheduled: [], unknown: null };
  const [policies, scheduled] = await Promise.all([
    autoScaling.policies(cluster, service, signal),
    autoScaling.scheduledActions(cluster, service, signal),
  ]);
  const failed = [policies, scheduled].find((answer) => !answer.ok);
  return {
    target: target.value,
    policies: policies.ok ? [...policies.value] : [],
    scheduled: scheduled.ok ? [...scheduled.value] : [],
    unknown: failed?.ok === false ? failed.trouble.message : null,
  };
}
