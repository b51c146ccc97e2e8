import type { AgentContainer, CaseFiles, Entries } from './files.ts';
import { taskDefinition } from './files.ts';

/** A task definition for workers that live on EC2 hosts. */
export function hostedDefinition(container: AgentContainer = {}, family = 'build-agent'): Entries {
  return { ...taskDefinition(container, family), networkMode: 'bridge', requiresCompatibilities: ['EC2'] };
}

/** A service of such workers. */
export function hostedService(over: Entries = {}): Entries {
  return {
    name: 'build-agents',
    taskDefinition: 'agent.json',
    desiredCount: 2,
    launchType: 'EC2',
    ...over,
  };
}

/** Files and rig of a service on hosts that have room for `room` workers each; one worker needs 1024 units of CPU. */
export function onHosts(
  hosts: number,
  { room = 1, services = [hostedService()], container = {}, files = {}, rig = {} }: HostsChoice = {},
): Pick<CaseFiles, 'files' | 'rig'> {
  return {
    files: { 'agent.json': hostedDefinition(container), ...files },
    rig: {
      instances: [{ count: hosts, cpu: 1024 * room, memory: 2048 * room }],
      services,
      ...rig,
    },
  };
}

interface HostsChoice {
  readonly room?: number;
  readonly services?: readonly Entries[];
  readonly container?: AgentContainer;
  readonly files?: Readonly<Record<string, unknown>>;
  readonly rig?: Entries;
}
