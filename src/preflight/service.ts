import { GamedayError } from '../model/errors.ts';
import { countOf, judge } from './judge.ts';
import type { Preflight } from './judge.ts';
import type { Text } from './text.ts';
import { hideDocuments } from './hidden.ts';
import { subjectOf } from './subject-of.ts';
import type { Subject } from './subject.ts';
import { OFFLINE } from './documents.ts';
import type { Documents, DocumentName, Live } from './documents.ts';
import { preflightJson, preflightLines } from './report.ts';
import type { Places } from './report.ts';
import { readFiles } from './files.ts';
import type { Look, PreflightOptions } from './look-options.ts';
import type { Runner } from '../cli/runner.ts';
import { finishWith } from '../cli/way-out.ts';

/** Looks at files, or at a service that runs, and says what the rules find. */
export async function preflight(options: PreflightOptions, runner: Runner): Promise<void> {
  const look =
    options.taskDefinition === undefined
      ? await lookAtService(options, runner)
      : await lookAtFiles(options, runner);
  const found = judged(look);
  await show({ ...found, unknown: [...found.unknown, ...look.unread] }, look.places, options, runner);
}

async function lookAtFiles(options: PreflightOptions, runner: Runner): Promise<Look> {
  if (options.cluster !== undefined)
    throw new GamedayError('bad-input', '--cluster looks at what runs, and --task-definition at a file', {
      next: 'Give one of them.',
    });
  const { taskDefinition, service, pipeline, imageConfig, capacityProvider } = options;
  const given = await readFiles({ taskDefinition, service, pipeline, imageConfig, capacityProvider });
  if (given.documents.taskDefinition === null) throw new Error('the task definition was not read');
  const scenario = await scenarioOf(options, runner);
  const documents: Documents = {
    ...given.documents,
    taskDefinition: given.documents.taskDefinition,
    scenario:
      scenario === null ? null : { value: { when: { step: scenario.step } }, base: [], name: scenario.file },
  };
  return {
    documents: hideDocuments(documents),
    live: { ...OFFLINE, history: await timesGiven(options) },
    places: placesOf(
      { ...given.texts, ...(scenario?.text == null ? {} : { scenario: scenario.text }) },
      documents,
    ),
    unread: [],
    container: options.container ?? scenario?.container ?? undefined,
  };
}

/** The step and the container that a scenario names. */
async function scenarioOf(options: PreflightOptions, runner: Runner) {
  if (options.scenario === undefined) return null;
  const { namedBy } = await import('./live.ts');
  return namedBy(options.scenario, options.variables, runner);
}

/** How long steps took, by the file that says so; null where none does. */
async function timesGiven({ history }: PreflightOptions): Promise<Live['history']> {
  if (history === undefined) return null;
  const { timesInFile } = await import('./history-file.ts');
  return timesInFile(history);
}

async function lookAtService(options: PreflightOptions, runner: Runner): Promise<Look> {
  if (options.scenario === undefined && (options.cluster === undefined || options.service === undefined))
    throw new GamedayError('bad-input', 'nothing is named that could be looked at', {
      next: 'Give --task-definition FILE, or --scenario FILE, or --cluster NAME and --service NAME.',
    });
  const { lookLive } = await import('./live.ts');
  return lookLive(options, await timesGiven(options), runner);
}

/** Asks every rule. Throws bad-input where the agent's container cannot be told. */
function judged(look: Look): Preflight {
  return judge(subjectIn(look));
}

/** What the rules look at. Throws bad-input where the agent's container cannot be told. */
export function subjectIn({
  documents,
  live,
  container,
}: Pick<Look, 'documents' | 'live' | 'container'>): Subject {
  const subject = subjectOf(documents, live, container ?? null);
  if ('agent' in subject) return subject;
  const { names, candidates } = subject;
  const { name } = documents.taskDefinition;
  const all = names.join(', ');
  const message =
    container !== undefined
      ? `there is no container "${container}" in ${name}; there are ${all}`
      : candidates.length === 0
        ? `no container of ${name} can be told to run a Buildkite agent; there are ${all}`
        : `several containers of ${name} may run a Buildkite agent: ${candidates.join(', ')}`;
  throw new GamedayError('bad-input', message, {
    next: 'Name the one that runs the agent with --container NAME.',
  });
}

async function show(
  found: Preflight,
  places: Places,
  options: PreflightOptions,
  runner: Runner,
): Promise<void> {
  const exitCode = exitCodeOf(found, options.strict);
  finishWith(exitCode);
  const { stdout } = runner.output;
  if (runner.json) return stdout.write(preflightJson(found, places, exitCode));
  if (!options.sarif) return stdout.write(`${preflightLines(found, places, stdout.colors).join('\n')}\n`);
  const { preflightSarif } = await import('./sarif.ts');
  const { uriOf } = await import('./file-uri.ts');
  stdout.write(preflightSarif(found, places, runner.version, uriOf));
}

/** 0 where nothing is wrong; 10 where an error was found, or a warning that shall count as one. */
function exitCodeOf(found: Preflight, strict: boolean): number {
  const bad = countOf(found, 'error') + (strict ? countOf(found, 'warning') : 0);
  return bad === 0 ? 0 : 10;
}

function placesOf(texts: Partial<Readonly<Record<DocumentName, Text>>>, documents: Documents): Places {
  const whole: Places['whole'] = (document, path) => [...(documents[document]?.base ?? []), ...path];
  const position = (document: DocumentName, path: Parameters<Places['of']>[1]): string | null =>
    texts[document]?.place(whole(document, path)) ?? null;
  return {
    whole,
    of: (document, path) => ({
      name: documents[document]?.name ?? document,
      position: position(document, path),
    }),
  };
}
