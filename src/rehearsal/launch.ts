import { member, textsOf } from '../preflight/json.ts';
import type { Subject } from '../preflight/subject.ts';

/** The launch types that the rig has. */
export type LaunchType = 'FARGATE' | 'EC2';

/** What the rig runs the tasks on: as the definition says, else EC2. */
export function launchTypeOf({ worker: { launch }, documents }: Subject): LaunchType {
  if (launch.kind === 'fargate') return 'FARGATE';
  if (launch.kind !== 'unknown') return 'EC2';
  const wanted = textsOf(member(documents.taskDefinition.value, 'requiresCompatibilities')) ?? [];
  return wanted.includes('FARGATE') ? 'FARGATE' : 'EC2';
}

/** What is taken for the definition's launch type and stopTimeout where it does not say. */
export function listLaunchDifferences(
  { worker: { launch }, agent }: Subject,
  launchType: LaunchType,
): readonly string[] {
  const told =
    launch.kind === 'unknown'
      ? [
          `the definition does not say what the tasks run on: ${launchType === 'EC2' ? 'EC2' : 'Fargate'} is assumed`,
        ]
      : launch.kind === 'external'
        ? ['hosts of your own (EXTERNAL) are treated as EC2 hosts']
        : [];
  if (launchType === 'FARGATE' || agent.stopTimeout !== null) return told;
  return [...told, "no stopTimeout: the host decides, and the rig uses the ECS agent's default of 30 s"];
}
