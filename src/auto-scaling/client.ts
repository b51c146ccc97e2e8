import type { Sdk } from '../ecs/sdk.ts';
import type { AutoScaling } from './port.ts';

/** The client of Application Auto Scaling, which shares what that of ECS has. AWS's own client is loaded when it is first asked. */
export function createAutoScalingClient(sdk: Sdk): AutoScaling {
  let loaded: Promise<AutoScaling> | undefined;
  const load = (): Promise<AutoScaling> =>
    (loaded ??= import('./calls.ts').then(({ createCalls }) => createCalls(sdk)));
  return {
    target: async (...asked) => (await load()).target(...asked),
    policies: async (...asked) => (await load()).policies(...asked),
    scheduledActions: async (...asked) => (await load()).scheduledActions(...asked),
    activities: async (...asked) => (await load()).activities(...asked),
    send: async (...asked) => (await load()).send(...asked),
  };
}
