import { GamedayError } from '../model/errors.ts';
import { countOf } from './judge.ts';
import type { Preflight } from './judge.ts';
import { judgeTogether } from './one-change.ts';
import type { Text } from './text.ts';
import { hideDocuments } from './hidden.ts';
import { subjectOf } from './subject-of.ts';
import type { Subject } from './subject.ts';
import { OFFLINE } from './documents.ts';
import type { DocumentName, Documents, Live } from './documents.ts';
import { preflightDocument, preflightLines } from './report.ts';
import type { Places } from './report.ts';
import { readFiles, readHooks, timesInFile, uriOf, withHooks } from './files.ts';
import type { Look } from './files.ts';
import type { PreflightFlags } from './options.ts';
import type { Runner } from '../cli/runner.ts';
import { answerOf } from '../cli/exit-codes.ts';
import { variablesOf } from '../cli/flags.ts';

/** Checks files, or a running service, and prints the findings. */
export async function answerPreflight(flags: PreflightFlags, runner: Runner): Promise<void> {
  // Read first: bad input is found before a service is asked.
  const hooks = flags.hooks === undefined ? null : await readHooks(flags.hooks);
  const given =
    flags['task-definition'] === undefined
      ? await lookAtService(flags, runner)
      : await lookAtFiles(flags, runner);
  const look = hooks === null ? given : withHooks(given, hooks);
  const found = judgeLook(look);
  await showPreflight({ ...found, unknown: [...found.unknown, ...look.unread] }, look.places, flags, runner);
}

async function lookAtFiles(flags: PreflightFlags, runner: Runner): Promise<Look> {
  if (flags.cluster !== undefined)
    throw new GamedayError('bad-input', '--cluster checks a running service, and --task-definition a file', {
      next: 'Give one of the two.',
    });
  const given = await readFiles({
    taskDefinition: flags['task-definition'],
    service: flags.service,
    pipeline: flags.pipeline,
    imageConfig: flags['image-config'],
    dockerfile: flags.dockerfile,
    capacityProvider: flags['capacity-provider'],
  });
  if (given.documents.taskDefinition === null) throw new Error('the task definition was not read');
  const scenario = await scenarioOf(flags, runner);
  const documents: Documents = {
    ...given.documents,
    taskDefinition: given.documents.taskDefinition,
    scenario:
      scenario === null ? null : { value: { when: { step: scenario.step } }, base: [], name: scenario.file },
  };
  return {
    documents: hideDocuments(documents),
    live: { ...OFFLINE, history: await readTimes(flags) },
    places: placesOf(
      { ...given.texts, ...(scenario?.text == null ? {} : { scenario: scenario.text }) },
      documents,
    ),
    unread: given.assumed,
    container: flags.container ?? scenario?.container ?? undefined,
  };
}

/** The step and the container that a scenario names. */
async function scenarioOf(flags: PreflightFlags, runner: Runner) {
  if (flags.scenario === undefined) return null;
  const { readNames: namedBy } = await import('./live.ts');
  return namedBy(flags.scenario, variablesOf(flags.var), runner);
}

/** How long steps took, from the file of --history; null where none is given. */
async function readTimes({ history }: PreflightFlags): Promise<Live['history']> {
  return history === undefined ? null : timesInFile(history);
}

async function lookAtService(flags: PreflightFlags, runner: Runner): Promise<Look> {
  if (flags.scenario === undefined && (flags.cluster === undefined || flags.service === undefined))
    throw new GamedayError('bad-input', 'nothing to check is named', {
      next: 'Give --task-definition FILE, or --scenario FILE, or --cluster NAME and --service NAME.',
    });
  if (flags.dockerfile !== undefined)
    throw new GamedayError(
      'bad-input',
      '--dockerfile is read beside a file, and a running service is to be checked',
      {
        next: 'Give the definition with --task-definition FILE.',
      },
    );
  const { lookAtCluster: lookLive } = await import('./live.ts');
  return lookLive(flags, await readTimes(flags), runner);
}

/** Applies every rule. Throws bad-input if it is not clear which container runs the agent. */
function judgeLook(look: Look): Preflight {
  const { documents, live, agent } = requireSubject(look);
  return judgeTogether(documents, live, agent.name);
}

/** The input of the rules. Throws bad-input if it is not clear which container runs the agent. */
export function requireSubject({
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
      ? `there is no container "${container}" in ${name}; its containers: ${all}`
      : candidates.length === 0
        ? `no container of ${name} is known to run a Buildkite agent; its containers: ${all}`
        : `several containers of ${name} may run a Buildkite agent: ${candidates.join(', ')}`;
  throw new GamedayError('bad-input', message, {
    next: 'Name the one that runs the agent with --container NAME.',
  });
}

async function showPreflight(
  found: Preflight,
  places: Places,
  flags: PreflightFlags,
  runner: Runner,
): Promise<void> {
  // Failed: an error was found, or with --strict a warning.
  const bad = countOf(found, 'error') + (flags.strict ? countOf(found, 'warning') : 0);
  const answer = answerOf(bad === 0 ? 'clean' : 'failed', preflightDocument(found, places));
  const sarif = flags.sarif ? await import('./sarif.ts') : null;
  runner.finish(answer, (stdout) =>
    stdout.write(
      sarif?.preflightSarif(found, places, runner.version, uriOf) ??
        `${preflightLines(found, places, stdout.colors).join('\n')}\n`,
    ),
  );
}

/** The places of values in the files that they were read from. */
export function placesOf(texts: Partial<Readonly<Record<DocumentName, Text>>>, documents: Documents): Places {
  const inFile: Places['whole'] = (document, path) => [...(documents[document]?.base ?? []), ...path];
  const position = (document: DocumentName, path: Parameters<Places['of']>[1]): string | null =>
    texts[document]?.place(inFile(document, path)) ?? null;
  return {
    whole: (document, path) => texts[document]?.written?.name(path) ?? inFile(document, path),
    written: (document) => texts[document]?.written ?? null,
    hunks: ({ document, path, after }) => texts[document]?.change?.(inFile(document, path), after) ?? null,
    of: (document, path) => ({
      name: documents[document]?.name ?? document,
      position: position(document, path),
    }),
  };
}
