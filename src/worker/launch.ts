import type { Task } from '../model/entities/task.ts';

/** On what tasks run, as far as it bounds a stop, and how that is known. */
export interface Launch {
  readonly kind: 'fargate' | 'ec2' | 'external' | 'unknown';
  /** Whether the capacity can be reclaimed with two minutes' notice; null where that is not known. */
  readonly spot: boolean | null;
  readonly said: string;
}

/** Launch types as a person may name them. */
export const LAUNCH_TYPES = ['FARGATE', 'FARGATE_SPOT', 'EC2', 'EC2_SPOT', 'EXTERNAL'] as const;
export type LaunchType = (typeof LAUNCH_TYPES)[number];

/** What a service and a definition say of it; null: there is no such document. */
export interface LaunchFacts {
  readonly service: {
    readonly launchType: string | null;
    readonly capacityProviders: readonly string[];
  } | null;
  /** The definition's requiresCompatibilities. */
  readonly compatibilities: readonly string[];
}

/**
 * A service's strategy or launch type decides; a definition alone says only what it may run on, and one that may run on both
 * says nothing (RegisterTaskDefinition, requiresCompatibilities).
 */
export function readLaunch({ service, compatibilities }: LaunchFacts): Launch {
  if (service !== null && service.capacityProviders.length > 0)
    return ofProviders(
      service.capacityProviders,
      `the service's capacity providers ${service.capacityProviders.join(', ')}`,
    );
  if (service !== null && service.launchType !== null)
    return ofType(service.launchType, `the service's launchType ${service.launchType}`);
  const [only = '', ...others] = compatibilities;
  if (only === '' || others.length > 0)
    return { kind: 'unknown', spot: null, said: 'neither service nor definition says it' };
  const launch = ofType(only, `the definition's requiresCompatibilities ${only}`);
  // Which provider a task gets is the service's or the run's choice.
  return launch.kind === 'fargate' && service === null ? { ...launch, spot: null } : launch;
}

/** On what a task runs; `reclaimed`: the drill plays a spot reclaim. */
export function launchOfTask(
  { launchType, capacityProvider }: Pick<Task, 'launchType' | 'capacityProvider'>,
  reclaimed: boolean,
): Launch {
  const launch =
    capacityProvider !== null && (launchType === null || /^FARGATE(_SPOT)?$/.test(capacityProvider))
      ? ofProviders([capacityProvider], `the task's capacity provider ${capacityProvider}`)
      : ofType(launchType ?? '', `the task's launchType ${launchType ?? 'is not shown'}`);
  return reclaimed ? { ...launch, spot: true } : launch;
}

/** A launch type that somebody states. */
export function launchNamed(type: LaunchType): Launch {
  const isSpot = type === 'FARGATE_SPOT' || type === 'EC2_SPOT';
  return { ...ofType(type.replace(/_SPOT$/, ''), type), spot: isSpot };
}

/** ECS lets no strategy mix Fargate's providers with those of Auto Scaling groups. */
function ofProviders(names: readonly string[], said: string): Launch {
  if (names.includes('FARGATE_SPOT')) return { kind: 'fargate', spot: true, said };
  return names.includes('FARGATE')
    ? { kind: 'fargate', spot: false, said }
    : { kind: 'ec2', spot: null, said };
}

/** ECS does not show whether a host of EC2 is a spot instance. */
function ofType(launchType: string, said: string): Launch {
  switch (launchType) {
    case 'FARGATE':
      return { kind: 'fargate', spot: false, said };
    case 'EC2':
      return { kind: 'ec2', spot: null, said };
    case 'EXTERNAL':
      return { kind: 'external', spot: false, said };
    default:
      return { kind: 'unknown', spot: null, said };
  }
}
