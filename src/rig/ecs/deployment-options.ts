import * as z from 'zod';

import { invalid } from './errors.ts';

/** Stages of a blue/green, linear or canary deployment, in their order (API, ServiceDeployment `lifecycleStage`). */
export const stages = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
] as const;
export type Stage = (typeof stages)[number];

const minutes = z.int().min(0).max(1440);
const hook = z.strictObject({
  targetType: z.literal('PAUSE', 'the rig models PAUSE hooks only: it runs no functions'),
  lifecycleStages: z.array(z.enum(stages).exclude(['SCALE_UP', 'BAKE_TIME', 'CLEAN_UP'])).min(1),
});

/** How deployments go, as requests say it; what the rig does not model of it is refused by name. */
export const deploymentShape = z.strictObject({
  minimumHealthyPercent: z.int().min(0).max(100).optional(),
  maximumPercent: z.int().min(100).optional(),
  strategy: z.enum(['ROLLING', 'BLUE_GREEN', 'LINEAR', 'CANARY']).optional(),
  bakeTimeInMinutes: minutes.optional(),
  lifecycleHooks: z.array(hook).optional(),
  linearConfiguration: z
    .strictObject({
      stepPercent: z.number().min(3).max(100).optional(),
      stepBakeTimeInMinutes: minutes.optional(),
    })
    .optional(),
  canaryConfiguration: z
    .strictObject({
      canaryPercent: z.number().min(0.1).max(100).optional(),
      canaryBakeTimeInMinutes: minutes.optional(),
    })
    .optional(),
  deploymentCircuitBreaker: z
    .strictObject({
      enable: z.boolean(),
      rollback: z.boolean(),
      resetOnHealthyTask: z.boolean().optional(),
      thresholdConfiguration: z
        .strictObject({
          type: z.enum(['BOUNDED_PERCENT', 'UNBOUNDED_PERCENT', 'COUNT']),
          value: z.int().min(1),
        })
        .optional(),
    })
    .optional(),
  alarms: z.looseObject({ enable: z.literal(false) }).optional(),
});
type DeploymentInput = z.infer<typeof deploymentShape>;

/** How the deployments of a service go. */
export type DeploymentOptions = DeploymentInput & {
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly strategy: NonNullable<DeploymentInput['strategy']>;
};

/** What a service has that names nothing: a DAEMON never runs two tasks on one host. */
export function defaultOptions(isDaemon: boolean): DeploymentOptions {
  const percents = isDaemon
    ? { minimumHealthyPercent: 0, maximumPercent: 100 }
    : { minimumHealthyPercent: 100, maximumPercent: 200 };
  return { ...percents, strategy: 'ROLLING' };
}

/** The options after a request, which changes what it names (ECS-92). */
export function mergeOptions(
  before: DeploymentOptions,
  { minimumHealthyPercent, maximumPercent, strategy, ...given }: DeploymentInput = {},
): DeploymentOptions {
  const options: DeploymentOptions = {
    ...before,
    ...given,
    minimumHealthyPercent: minimumHealthyPercent ?? before.minimumHealthyPercent,
    maximumPercent: maximumPercent ?? before.maximumPercent,
    strategy: strategy ?? before.strategy,
  };
  if (options.strategy === 'BLUE_GREEN' && options.bakeTimeInMinutes === undefined)
    throw invalid('bakeTimeInMinutes is required for the BLUE_GREEN deployment strategy.');
  if (options.strategy !== 'LINEAR' && options.linearConfiguration)
    throw invalid('linearConfiguration is only valid with the LINEAR deployment strategy.');
  if (options.strategy !== 'CANARY' && options.canaryConfiguration)
    throw invalid('canaryConfiguration is only valid with the CANARY deployment strategy.');
  if (options.strategy === 'ROLLING' && (options.bakeTimeInMinutes ?? 0) > 0)
    throw invalid('the rig does not model "bakeTimeInMinutes" of the ROLLING strategy');
  if (options.strategy === 'ROLLING' && (options.lifecycleHooks ?? []).length > 0)
    throw invalid('the rig does not model "lifecycleHooks" of the ROLLING strategy');
  if (options.strategy !== 'ROLLING' && options.deploymentCircuitBreaker?.enable === true)
    throw invalid(`the rig does not model "deploymentCircuitBreaker" of the ${options.strategy} strategy`);
  return options;
}

/** All bake times of a deployment together, in minutes; after its last step a linear one does not bake for that step. */
export function bakeMinutesOf(options: DeploymentOptions): number {
  const bake = options.bakeTimeInMinutes ?? 0;
  if (options.strategy === 'CANARY')
    return bake + (options.canaryConfiguration?.canaryBakeTimeInMinutes ?? 10);
  if (options.strategy !== 'LINEAR') return bake;
  const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = options.linearConfiguration ?? {};
  return bake + (Math.ceil(100 / stepPercent) - 1) * stepBakeTimeInMinutes;
}
