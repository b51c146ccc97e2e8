import type { ServiceTraits } from '../model/entities/service-traits.ts';
import type { ServiceAnswer } from './answers.ts';

const MINUTE_MS = 60_000;
// Defaults of ECS's API: LinearConfiguration and CanaryConfiguration.
const LINEAR = { percent: 10, minutes: 6 };
const CANARY_MINUTES = 10;

type Configuration = NonNullable<ServiceAnswer['deploymentConfiguration']>;

/** How ECS schedules and deploys a service; what its answer leaves out has the API's default. */
export function traitsOf(service: ServiceAnswer): ServiceTraits {
  const configuration = service.deploymentConfiguration ?? {};
  const { deploymentCircuitBreaker: breaker, lifecycleHooks = [] } = configuration;
  return {
    scheduling: service.schedulingStrategy ?? 'REPLICA',
    strategy: configuration.strategy ?? 'ROLLING',
    bakesFor: Math.round(sumMinutes(configuration) * MINUTE_MS),
    pauses: lifecycleHooks.some(({ targetType }) => targetType === 'PAUSE'),
    circuitBreaker: breaker?.enable !== true ? 'off' : breaker.rollback === true ? 'with rollback' : 'on',
    rebalances: service.availabilityZoneRebalancing === 'ENABLED',
    exec: service.enableExecuteCommand === true,
  };
}

/** After the last step of a linear deployment its own bake time does not apply any more. */
function sumMinutes(configuration: Configuration): number {
  const {
    strategy,
    bakeTimeInMinutes = 0,
    linearConfiguration: linear,
    canaryConfiguration: canary,
  } = configuration;
  if (strategy === 'CANARY') return bakeTimeInMinutes + (canary?.canaryBakeTimeInMinutes ?? CANARY_MINUTES);
  if (strategy !== 'LINEAR') return bakeTimeInMinutes;
  const steps = Math.ceil(100 / (linear?.stepPercent ?? LINEAR.percent)) - 1;
  return bakeTimeInMinutes + steps * (linear?.stepBakeTimeInMinutes ?? LINEAR.minutes);
}
