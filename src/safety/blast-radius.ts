import { seen } from '../drill/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** One task, of a settled service that keeps another worker. */
export const blastRadius: Guard = {
  name: 'blast-radius',
  rule: 'One task at most, and only of a settled service: one COMPLETED deployment, running = desired, two or more unless safety.allowLastWorker.',
  reason: 'blast-radius',
  judge({ world, plan, strikes, target }, _now, when) {
    const sent = strikes.filter((strike) => strike.result !== 'refused');
    if (sent.length > 1) return refuses('a stop was sent already');
    const other = sent.find(({ call }) => call.kind === 'stop-task' && call.taskArn !== target?.taskArn);
    if (other !== undefined) return refuses('a stop of another task was sent, or may have been');
    const name = plan.scenario.cluster.service;
    if (name === null) return holds('one standalone task');
    const service = seen(world, 'service', name);
    if (service === undefined) return refuses(`service ${name} could not be read`);
    const { desired, running, pending, deployments } = service;
    if (deployments.length !== 1)
      return refuses(`service ${name} has ${String(deployments.length)} deployments: one is running`);
    const state = deployments[0]?.rolloutState ?? 'COMPLETED';
    if (state !== 'COMPLETED') return refuses(`the deployment of service ${name} is ${state}`);
    if (strikes.length === 0 && (running !== desired || pending > 0))
      return refuses(
        `service ${name} is not settled: desired ${String(desired)}, running ${String(running)}, pending ${String(pending)}`,
      );
    if (running < 2 && !plan.scenario.safety.allowLastWorker)
      return refuses(`it would take the last worker of service ${name} (running ${String(running)})`);
    return holds(
      `${when === 'gate' ? 'up to one' : 'one'} of ${String(running)} running tasks of service ${name}`,
    );
  },
};
