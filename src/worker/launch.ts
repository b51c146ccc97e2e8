import type { Task } from '../model/entities/task.ts';

/** What tasks run on, as far as it limits a stop, and the source in words. */
export interface Launch {
  readonly kind: 'fargate' | 'ec2' | 'external' | 'unknown';
  /** Whether the capacity is spot capacity, reclaimed with two minutes' notice; null where not known. */
  readonly spot: boolean | null;
  readonly said: string;
}

/** Launch types that a user may name. */
export const LAUNCH_TYPES = ['FARGATE', 'FARGATE_SPOT', 'EC2', 'EC2_SPOT', 'EXTERNAL'] as const;
export type LaunchType = (typeof LAUNCH_TYPES)[number];

/** What service and definition say about the launch type; null: the document is not given. */
export interface LaunchFacts {
  readonly service: {
    readonly launchType: string | null;
    readonly capacityProviders: readonly string[];
  } | null;
  /** The definition's requiresCompatibilities. */
  readonly compatibilities: readonly string[];
}

/**
 * What tasks run on. A service's strategy or launch type decides. A definition alone only says what it may run on; one that
 * may run on both says nothing (RegisterTaskDefinition, requiresCompatibilities).
 */
export function readLaunch({ service, compatibilities }: LaunchFacts): Launch {
  if (service !== null && service.capacityProviders.length > 0)
    return readProviderLaunch(
      service.capacityProviders,
      `the service's capacity providers ${service.capacityProviders.join(', ')}`,
    );
  if (service !== null && service.launchType !== null)
    return readTypeLaunch(service.launchType, `the service's launchType ${service.launchType}`);
  const [only = '', ...others] = compatibilities;
  if (only === '' || others.length > 0)
    return { kind: 'unknown', spot: null, said: 'neither the service nor the definition shows it' };
  const launch = readTypeLaunch(only, `the definition's requiresCompatibilities ${only}`);
  // The service, or the call that runs the task, chooses the provider.
  return launch.kind === 'fargate' && service === null ? { ...launch, spot: null } : launch;
}

/** What a task runs on; `reclaimed`: the drill simulates a spot reclaim. */
export function launchOfTask(
  { launchType, capacityProvider }: Pick<Task, 'launchType' | 'capacityProvider'>,
  reclaimed: boolean,
): Launch {
  const launch =
    capacityProvider !== null && (launchType === null || /^FARGATE(_SPOT)?$/.test(capacityProvider))
      ? readProviderLaunch([capacityProvider], `the task's capacity provider ${capacityProvider}`)
      : readTypeLaunch(launchType ?? '', `the task's launchType ${launchType ?? 'is not shown'}`);
  return reclaimed ? { ...launch, spot: true } : launch;
}

/** The launch of a launch type that a user names. */
export function readNamedLaunch(type: LaunchType): Launch {
  const isSpot = type === 'FARGATE_SPOT' || type === 'EC2_SPOT';
  return { ...readTypeLaunch(type.replace(/_SPOT$/, ''), type), spot: isSpot };
}

/** The launch of a strategy; ECS allows none that mixes Fargate's providers with those of Auto Scaling groups. */
function readProviderLaunch(names: readonly string[], said: string): Launch {
  if (names.includes('FARGATE_SPOT')) return { kind: 'fargate', spot: true, said };
  return names.includes('FARGATE')
    ? { kind: 'fargate', spot: false, said }
    : { kind: 'ec2', spot: null, said };
}

/** ECS does not show whether a host of EC2 is a spot instance. */
function readTypeLaunch(launchType: string, said: string): Launch {
  switch (launchType) {
    case 'FARGATE':
      return { kind: 'fargate', spot: false, said };
    // ECS Managed Instances are EC2 instances of the account, which AWS runs.
    case 'MANAGED_INSTANCES':
    case 'EC2':
      return { kind: 'ec2', spot: null, said };
    case 'EXTERNAL':
      return { kind: 'external', spot: false, said };
    default:
      return { kind: 'unknown', spot: null, said };
  }
}
