import { isObject, itemsOf, member, textOf, textsOf } from './json.ts';
import type { JsonObject } from './json.ts';
import type { Documents } from './documents.ts';
import type { Launch } from './subject.ts';

/**
 * On what the tasks run. A service's strategy or launch type decides; a definition alone says only what it may run on,
 * and one that may run on both says nothing (RegisterTaskDefinition, requiresCompatibilities).
 */
export function launchOf({ service, taskDefinition }: Documents): Launch {
  if (service !== null) {
    const strategy = itemsOf(member(service.value, 'capacityProviderStrategy'))
      .filter(isObject)
      .map((one) => textOf(member(one, 'capacityProvider')) ?? '')
      .filter((name) => name !== '');
    if (strategy.length > 0) return ofStrategy(strategy);
    const launchType = textOf(member(service.value, 'launchType'));
    if (launchType !== null)
      return { ...ofLaunchType(launchType), said: `the service's launchType ${launchType}` };
  }
  return ofDefinition(taskDefinition.value, service === null);
}

function ofStrategy(strategy: readonly string[]): Launch {
  const said = `the service's capacity providers ${strategy.join(', ')}`;
  const fargate = strategy.filter((name) => name === 'FARGATE' || name === 'FARGATE_SPOT');
  // ECS lets no strategy mix Fargate's providers with those of Auto Scaling groups.
  if (fargate.length > 0) return { kind: 'fargate', fargateSpot: strategy.includes('FARGATE_SPOT'), said };
  return { kind: 'ec2', fargateSpot: false, said };
}

function ofLaunchType(launchType: string): Omit<Launch, 'said'> {
  const kind = { FARGATE: 'fargate', EC2: 'ec2', EXTERNAL: 'external' } as const;
  return {
    kind: launchType in kind ? kind[launchType as keyof typeof kind] : 'unknown',
    fargateSpot: false,
  };
}

function ofDefinition(definition: JsonObject, alone: boolean): Launch {
  const wanted = textsOf(member(definition, 'requiresCompatibilities')) ?? [];
  const only = wanted.length === 1 ? (wanted[0] ?? '') : '';
  if (only === '')
    return { kind: 'unknown', fargateSpot: null, said: 'neither service nor definition says it' };
  const { kind } = ofLaunchType(only);
  return {
    kind,
    // Which provider a task gets is the service's or the run's choice.
    fargateSpot: kind === 'fargate' ? (alone ? null : false) : false,
    said: `the definition's requiresCompatibilities ${only}`,
  };
}
