import { GamedayError } from '../model/errors.ts';
import type { Question } from './forecast.ts';
import { disorderOf, windowAlone, windowOf } from './window.ts';
import type { Asked } from './window.ts';
import type { LaunchType } from '../worker/launch.ts';
import { OFFLINE } from '../preflight/documents.ts';
import type { Doc, Documents } from '../preflight/documents.ts';
import { itemsOf, member, numberOf, textOf } from '../preflight/json.ts';
import { subjectOf } from '../preflight/subject-of.ts';
import type { Subject } from '../preflight/subject.ts';
import { readFiles } from '../preflight/files.ts';
import type { Given } from '../preflight/files.ts';
import type { ForecastFlags } from './options.ts';

type WindowFlags = Pick<
  ForecastFlags,
  'task-definition' | 'service' | 'image-config' | 'container' | 'launch-type' | 'stop-timeout' | 'signal'
>;

/** The deployment settings of a service; null where it has none. */
export interface ServiceNumbers {
  readonly workers: number | null;
  readonly minimumHealthyPercent: number | null;
  readonly maximumPercent: number | null;
}

/** Reads the documents. Throws bad-input if the window does not follow from them. */
export async function readWindow(
  flags: WindowFlags,
): Promise<{ readonly window: Question['window']; readonly service: ServiceNumbers }> {
  const { service, 'task-definition': taskDefinition, 'image-config': imageConfig } = flags;
  const asked = {
    launchType: flags['launch-type'] ?? null,
    stopTimeout: flags['stop-timeout'] ?? null,
    signal: flags.signal ?? null,
  };
  if (taskDefinition === undefined) return { window: windowOfFlags(flags, asked), service: numbersOf(null) };
  const given = await readFiles({ taskDefinition, service, imageConfig });
  const { documents } = given;
  if (documents.taskDefinition === null) throw new Error('the task definition was not read');
  const subject = chooseSubject({ ...documents, taskDefinition: documents.taskDefinition }, flags.container);
  const disorder = disorderOf(subject);
  if (disorder !== null)
    throw new GamedayError('bad-input', disorder.message, {
      at: placeOf(given, documents.taskDefinition, disorder.path),
      next: disorder.next,
    });
  const window = windowOf(subject, asked);
  checkCeiling(taskDefinition, asked.stopTimeout ?? subject.agent.stopTimeout ?? 0, window.launchType);
  return { window, service: numbersOf(documents.service) };
}

function windowOfFlags(flags: WindowFlags, asked: Asked): Question['window'] {
  for (const flag of ['service', 'image-config', 'container'] as const)
    if (flags[flag] !== undefined)
      throw new GamedayError('bad-input', `--${flag} needs a task definition, and none is given`, {
        next: 'Give --task-definition FILE as well.',
      });
  const window = windowAlone(asked);
  checkCeiling('--stop-timeout', asked.stopTimeout ?? 0, window.launchType);
  return { ...window, container: null };
}

/** The agent's container: the only one of a definition, or the one that is known to run the agent. */
function chooseSubject(documents: Documents, named: string | undefined): Subject {
  const containers = itemsOf(member(documents.taskDefinition.value, 'containerDefinitions'));
  const only = containers.length === 1 ? textOf(member(containers[0], 'name')) : null;
  const subject = subjectOf(documents, OFFLINE, named ?? only);
  if ('agent' in subject) return subject;
  const names = subject.candidates.length > 1 ? subject.candidates : subject.names;
  throw new GamedayError(
    'bad-input',
    named === undefined
      ? 'it is not clear which container runs the agent'
      : `there is no container "${named}"`,
    { at: documents.taskDefinition.name, next: `Name it: --container ${names.join(' or ')}.` },
  );
}

function placeOf({ texts }: Given, { base, name }: Doc, path: readonly (string | number)[]): string {
  const place = texts.taskDefinition?.place([...base, ...path]);
  return place === undefined ? name : `${name}:${place}`;
}

/** Throws bad-input for a stopTimeout that ECS refuses on Fargate. */
function checkCeiling(at: string, stopTimeout: number, launchType: LaunchType): void {
  if (!launchType.startsWith('FARGATE') || stopTimeout <= 120_000) return;
  throw new GamedayError('bad-input', `a stopTimeout of ${stopTimeout / 1000} s; limit on Fargate 120 s`, {
    at,
    next: 'Lower it to 120, or give --launch-type EC2 if the tasks run there.',
  });
}

function numbersOf(service: Doc | null): ServiceNumbers {
  const percentages = member(service?.value, 'deploymentConfiguration');
  return {
    workers: numberOf(member(service?.value, 'desiredCount')),
    minimumHealthyPercent: numberOf(member(percentages, 'minimumHealthyPercent')),
    maximumPercent: numberOf(member(percentages, 'maximumPercent')),
  };
}
