import { readFile } from 'node:fs/promises';
import type { Buildkite } from '../buildkite/port.ts';
import type { Trouble } from '../model/answer.ts';
import { GamedayError } from '../model/errors.ts';
import { readDocuments } from '../drill/look.ts';
import type { Place } from '../drill/look.ts';
import { readMapping } from '../drill/mapped-tasks.ts';
import { formatStep, type StepName } from '../model/step-name.ts';
import { stepOf } from '../scenario/when.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import type { Ecs } from '../ecs/port.ts';
import type { Live } from './documents.ts';
import { timesOf } from './step-times.ts';
import type { Text } from './text.ts';
import { readYaml } from './yaml.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { Surroundings } from '../surroundings/port.ts';
import type { Look } from './files.ts';
import type { PreflightFlags } from './options.ts';
import type { Runner } from '../cli/runner.ts';
import { ecsSettingsFromEnvironment, settingsFromEnvironment } from '../cli/settings.ts';
import { watchSignals } from '../cli/signals.ts';
import { systemClock } from '../http/clock.ts';
import { readScenarios } from '../cli/scenarios.ts';
import { variablesOf } from '../cli/flags.ts';

/** Reads one scenario file. Throws bad-input with its first mistake. */
async function loadOneScenario(
  file: string,
  variables: Readonly<Record<string, string>>,
  runner: Runner,
): Promise<LoadedScenario> {
  const { scenarios, errors } = await readScenarios([file], variables, runner);
  const [error] = errors;
  const [scenario] = scenarios;
  if (error === undefined && scenario !== undefined) return scenario;
  throw new GamedayError('bad-input', error?.message ?? 'it holds no scenario', {
    at: error?.at ?? file,
    next: error?.next ?? 'Give a scenario file.',
  });
}

/** The parts of a scenario that preflight needs when it reads files; null where no scenario is given. */
export interface NamedBy {
  readonly file: string;
  readonly step: StepName | null;
  readonly container: string | null;
  /** The places of the values in the file. */
  readonly text: Text | null;
}

/** The step and the container that a scenario names. */
export async function readNames(
  file: string,
  variables: Readonly<Record<string, string>>,
  runner: Runner,
): Promise<NamedBy> {
  const { scenario } = await loadOneScenario(file, variables, runner);
  const read = readYaml(await readFile(file, 'utf8'));
  return {
    file,
    step: stepOf(scenario.when),
    container: scenario.cluster.container,
    text: 'value' in read ? read : null,
  };
}

/** Largest number of tasks to read: a sample shows whether any task is protected. */
const SAMPLE = 5;

interface Named {
  readonly place: Place;
  readonly container: string | null;
  /** Null where a cluster and a service were named. */
  readonly scenario: LoadedScenario['scenario'] | null;
  readonly ecs: Ecs;
  readonly buildkite: Buildkite | null;
  readonly surroundings: Surroundings | null;
}

/** Reads a running service; changes nothing. Throws with the service's own reason if the definition cannot be read. */
export async function lookAtCluster(
  flags: PreflightFlags,
  times: Live['history'],
  runner: Runner,
): Promise<Look> {
  const interruption = watchSignals(() => undefined);
  try {
    const named =
      flags.scenario === undefined
        ? await connectByFlags(flags, runner)
        : await connectByScenario(flags, runner);
    const { place, ecs, buildkite } = named;
    const looked = await readDocuments(place, { ecs, buildkite }, interruption.signal);
    if (!looked.ok) throw errorOfTrouble(looked.trouble);
    const { documents, unread, steps } = looked.value;
    const live = await liveOf(named, interruption.signal);
    const past = times === null ? await pastOf(named, interruption.signal) : { history: times, unread: [] };
    return {
      documents,
      live: { ...live, history: past.history },
      unread: [...unread, ...past.unread],
      places: {
        whole: (_, path) => path,
        of: (document) => ({ name: documents[document]?.name ?? document, position: null }),
        hunks: ({ document, path, after }) =>
          document === 'pipeline' ? (steps?.change?.(path, after) ?? null) : null,
      },
      container: flags.container ?? named.container ?? undefined,
    };
  } finally {
    interruption.release();
  }
}

function errorOfTrouble(trouble: Trouble): GamedayError {
  return new GamedayError(reasonOfTrouble({ kind: 'service', id: '' }, trouble), trouble.message);
}

async function connectByFlags(flags: PreflightFlags, runner: Runner): Promise<Named> {
  const settings = await ecsSettingsFromEnvironment(null, runner.environment, flags.insecure);
  const place = {
    ...{ cluster: flags.cluster ?? '', service: flags.service ?? null, family: null },
    ...{ organization: null, pipeline: null, step: null, file: '' },
  };
  return {
    place,
    container: null,
    scenario: null,
    ecs: await runner.clients.connectEcs(settings),
    buildkite: null,
    surroundings: null,
  };
}

async function connectByScenario(flags: PreflightFlags, runner: Runner): Promise<Named> {
  const { scenario, file } = await loadOneScenario(flags.scenario ?? '', variablesOf(flags.var), runner);
  const { settings, errors } = await settingsFromEnvironment(scenario, runner.environment, flags.insecure);
  const [error] = errors;
  if (settings === null)
    throw new GamedayError('bad-input', error?.message ?? 'a setting is wrong', {
      at: error?.at ?? file,
      ...(error?.next == null ? {} : { next: error.next }),
    });
  const { name, service, family, container } = scenario.cluster;
  const place = {
    ...{ cluster: name, service, family, file, organization: settings.organization },
    ...{ pipeline: scenario.build.pipeline, step: stepOf(scenario.when) },
  };
  return { place, container, scenario, ...(await runner.clients.connect(settings)) };
}

/** Jobs to read: enough for a 95th percentile, at a cost of about 300 of the 5,000 GraphQL points per five minutes. */
const JOBS_OF_A_STEP = 100;

/** How long the scenario's step took in its last passed jobs, and what Buildkite could not be asked. */
async function pastOf(
  { place, buildkite }: Named,
  signal: AbortSignal,
): Promise<{ readonly history: Live['history']; readonly unread: Look['unread'] }> {
  const { organization, pipeline, step } = place;
  if (buildkite === null || organization === null || pipeline === null || step === null)
    return { history: null, unread: [] };
  const past = await buildkite.stepHistory(organization, pipeline, step, JOBS_OF_A_STEP, signal);
  if (past.ok)
    return {
      history: [
        timesOf(
          formatStep(step),
          past.value.durations.map((ms) => ms / 1000),
        ),
      ],
      unread: [],
    };
  const said = `how long step ${formatStep(step)} takes: ${past.trouble.message}`;
  return { history: null, unread: [{ rule: 'step-over-window', said }] };
}

/** Further live facts; each of them may stay unknown. */
async function liveOf(named: Named, signal: AbortSignal): Promise<Omit<Live, 'history'>> {
  const { place, ecs, surroundings } = named;
  const { cluster, service, family } = place;
  const self = surroundings === null ? null : await surroundings.self(signal);
  const of = { ...(service === null ? {} : { service }), ...(family === null ? {} : { family }) };
  const listed = await ecs.tasksOf(cluster, of, signal);
  const tasks = listed.ok ? listed.value.tasks.slice(0, SAMPLE).map(({ arn }) => arn) : [];
  const mapping = await readMappingOf(named, signal);
  return {
    cluster,
    ownTask: self?.ok === true ? self.value.taskArn : null,
    mapping,
    agentVersions: mapping === null || mapping.versions.length === 0 ? null : mapping.versions,
    protection: service === null ? null : await protectionOf(tasks, named, signal),
  };
}

async function readMappingOf(
  { place, scenario, ecs, buildkite }: Named,
  signal: AbortSignal,
): Promise<Live['mapping']> {
  if (buildkite === null || scenario === null || place.organization === null) return null;
  const fleet = { organization: place.organization, cluster: scenario.cluster };
  return readMapping(fleet, { ecs, buildkite }, signal);
}

async function protectionOf(
  tasks: readonly string[],
  { ecs, place }: Named,
  signal: AbortSignal,
): Promise<Live['protection']> {
  if (tasks.length === 0) return null;
  const answer = await ecs.protections(place.cluster, tasks, signal);
  if (!answer.ok) return null;
  const on = answer.value.filter(({ enabled }) => enabled);
  const ends = on.flatMap(({ expiresAt }) => expiresAt ?? []);
  const left = ends.length === 0 ? null : (Math.max(...ends) - systemClock.now()) / 1000;
  return { tasks: tasks.length, protected: on.length, left };
}
