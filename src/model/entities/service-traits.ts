import { z } from 'zod';
import { formatSpan } from '../instants.ts';

/** How ECS schedules and deploys a service, and what else it does to its tasks. */
export const ServiceTraits = z.strictObject({
  /** `REPLICA` keeps a count, `DAEMON` one task on each host. */
  scheduling: z.string(),
  /** `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`: the last three take the old tasks away all at once, after their bake times. */
  strategy: z.string(),
  /** The bake times of a whole deployment together, milliseconds: it cannot be over sooner. */
  bakesFor: z.number().int(),
  /** Whether a lifecycle hook of type PAUSE stands in its way: it goes on when somebody calls ContinueServiceDeployment. */
  pauses: z.boolean(),
  circuitBreaker: z.enum(['off', 'on', 'with rollback']),
  /** Whether ECS moves tasks between Availability Zones by itself. */
  rebalances: z.boolean(),
  /** Whether people may open a shell in its containers (ECS Exec). */
  exec: z.boolean(),
});
export type ServiceTraits = z.infer<typeof ServiceTraits>;

/** What is not as usual about a service, for people; empty where nothing is. */
export function describeTraits(traits: ServiceTraits | undefined): readonly string[] {
  if (traits === undefined) return [];
  const { scheduling, strategy, bakesFor, pauses, circuitBreaker, rebalances, exec } = traits;
  return [
    ...(scheduling === 'DAEMON' ? ['DAEMON, one task on each host'] : []),
    ...(strategy === 'ROLLING' ? [] : [`${strategy} deployments that bake for ${formatSpan(bakesFor)}`]),
    ...(pauses ? ['deployments that pause until somebody continues them'] : []),
    ...(circuitBreaker === 'off' ? [] : [`deployment circuit breaker ${circuitBreaker}`]),
    ...(rebalances ? ['ECS moves tasks between Availability Zones'] : []),
    ...(exec ? ['ECS Exec is on'] : []),
  ];
}

/** Why a deployment of the service could not be watched to its end, or null where it can. */
export function explainLongDeployment(
  traits: ServiceTraits | undefined,
  verdictWithin: number,
): string | null {
  if (traits?.pauses === true)
    return 'its deployments have a PAUSE lifecycle hook: they stop until somebody calls ContinueServiceDeployment';
  if (traits === undefined || traits.bakesFor < verdictWithin) return null;
  return `its ${traits.strategy} deployments bake for ${formatSpan(traits.bakesFor)}; limit ${formatSpan(verdictWithin)} (limits.verdictWithin)`;
}
