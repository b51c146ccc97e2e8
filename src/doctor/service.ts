import type { Buildkite } from '../buildkite/port.ts';
import { regionOfProfile } from '../cli/aws-profile.ts';
import { answerOf, documentOf } from '../cli/exit-codes.ts';
import { variablesOf } from '../cli/flags.ts';
import { planDrill } from '../cli/plan-drill.ts';
import type { Environment } from '../cli/output.ts';
import { openRig } from '../cli/rig-process.ts';
import type { Runner } from '../cli/runner.ts';
import { readScenarios } from '../cli/scenarios.ts';
import { settingsFromEnvironment, type Settings } from '../cli/settings.ts';
import { watchSignals } from '../cli/signals.ts';
import type { Ecs } from '../ecs/port.ts';
import type { AnswerName } from '../model/reasons.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { InputError } from '../scenario/problem.ts';
import { CHECKS } from './checks/list.ts';
import { examinePlan } from './examine.ts';
import type { DoctorFlags } from './options.ts';
import { examinedLines, type Examined, type Finding } from './report.ts';

/** Asks what a drill of each scenario would meet, and prints it. */
export async function runDoctor(files: readonly string[], flags: DoctorFlags, runner: Runner): Promise<void> {
  const { examined, errors } = await examineScenarios(files, flags, runner);
  if (errors.length > 0) return runner.finish(documentOf('bad-input', errors));
  runner.finish(answerOf(outcomeOf(examined), { scenarios: examined }), (stdout) => {
    const blocks = examined.map((one) => examinedLines(one, stdout.columns(), stdout.colors).join('\n'));
    stdout.write(`${blocks.join('\n\n')}\n`);
  });
}

/** Asks what a drill of each scenario would meet; nothing is asked where an input is wrong. */
export async function examineScenarios(
  files: readonly string[],
  flags: Asked,
  runner: Runner,
): Promise<{ readonly examined: readonly Examined[]; readonly errors: readonly InputError[] }> {
  const { scenarios, errors } = await readScenarios(files, variablesOf(flags.var), runner);
  const planned = await Promise.all(scenarios.map((loaded) => settle(loaded, flags, runner)));
  const wrong = [...errors, ...planned.flatMap((one) => one.errors)];
  if (wrong.length > 0) return { examined: [], errors: wrong };
  const interruption = watchSignals(() => undefined);
  const examined: Examined[] = [];
  try {
    // One after another: two would spend the budget of the same user at once.
    for (const one of planned) examined.push(await examine(one, flags, runner, interruption.signal));
  } finally {
    interruption.release();
  }
  return { examined, errors: [] };
}

/** What is asked for beside the files. */
type Asked = Pick<DoctorFlags, 'rig' | 'insecure'> & Partial<Pick<DoctorFlags, 'var' | 'agent' | 'executor'>>;

/** Blocking beats unknown: what is known to be wrong is worth more than what could not be asked. */
function outcomeOf(examined: readonly Examined[]): AnswerName {
  const statuses = examined.flatMap(({ findings }) => findings.map(({ status }) => status));
  if (statuses.includes('blocking')) return 'failed';
  return statuses.includes('unknown') ? 'could-not-run' : 'clean';
}

/** What is missing, so that the service is not asked; null if nothing is. */
interface Unset {
  readonly buildkite: string | null;
  readonly aws: string | null;
}

const NOTHING_UNSET: Unset = { buildkite: null, aws: null };

interface Settled {
  readonly loaded: LoadedScenario;
  /** Null if the rig will supply them. */
  readonly settings: Settings | null;
  readonly unset: Unset;
  readonly errors: readonly InputError[];
}

async function settle(loaded: LoadedScenario, flags: Asked, runner: Runner): Promise<Settled> {
  const { scenario, file } = loaded;
  if (flags.rig) {
    const next = 'Add `rig: FILE`, or run it without --rig.';
    const missing = { message: 'the scenario names no rig file', at: file, next };
    return { loaded, settings: null, unset: NOTHING_UNSET, errors: scenario.rig === null ? [missing] : [] };
  }
  const { environment } = runner;
  const settle = (over: Environment): ReturnType<typeof settingsFromEnvironment> =>
    settingsFromEnvironment(scenario, { ...environment, ...over }, flags.insecure);
  const found = await settle({});
  if (found.settings !== null) return { loaded, unset: NOTHING_UNSET, ...found };
  // Without a token AWS can still be asked, and without a region Buildkite; any other error is bad input.
  const [token, region] = [fillToken(environment), await fillRegion(environment)];
  const [filled, ofAws, ofBuildkite] = await Promise.all(
    [{ ...token, ...region }, token, region].map((over) => settle(over)),
  );
  const settings = filled?.settings ?? null;
  if (settings === null) return { loaded, unset: NOTHING_UNSET, ...found };
  const unset = { buildkite: listUnset(ofBuildkite?.errors), aws: listUnset(ofAws?.errors) };
  return { loaded, settings, unset, errors: [] };
}

function listUnset(errors: readonly InputError[] = []): string | null {
  return errors.length === 0 ? null : errors.map(({ message }) => message).join('; ');
}

/** Sent nowhere. */
const NO_TOKEN = 'no-token-is-set';

function fillToken(environment: Environment): Environment {
  return {
    BUILDKITE_API_TOKEN: environment['BUILDKITE_API_TOKEN'] || NO_TOKEN,
    BUILDKITE_ORGANIZATION_SLUG: environment['BUILDKITE_ORGANIZATION_SLUG'] || 'unknown',
  };
}

/** Any region where none is set: nothing is sent there. */
async function fillRegion(environment: Environment): Promise<Environment> {
  const isSet =
    environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || (await regionOfProfile(environment));
  return isSet ? {} : { AWS_REGION: 'us-east-1' };
}

/** A port that is not asked: every read has this trouble. */
function refuseReads<P extends Buildkite | Ecs>(message: string | null, unasked: P): P {
  if (message === null) return unasked;
  const answer = { ok: false, trouble: { kind: 'unauthorized', message, retryAfter: null } };
  const read = async (): Promise<typeof answer> => answer;
  const told = new Set<string | symbol>(['clock', 'budget', 'restFor']);
  return new Proxy(unasked, {
    get: (port, name): unknown => (told.has(name) ? Reflect.get(port, name) : read),
  });
}

async function examine(
  { loaded, settings, unset }: Settled,
  flags: Asked,
  runner: Runner,
  signal: AbortSignal,
): Promise<Examined> {
  if (settings !== null) return examineAt(loaded, settings, unset, runner, signal);
  const { agent, executor } = flags;
  const choice = { agent, executor, environment: runner.environment };
  const rig = await openRig({ ...loaded.scenario, rig: loaded.scenario.rig ?? '' }, choice, signal);
  try {
    runner.output.learn(rig.secrets);
    return await examineAt(loaded, rig.settings, NOTHING_UNSET, runner, signal);
  } finally {
    await rig.close();
  }
}

async function examineAt(
  loaded: LoadedScenario,
  settings: Settings,
  unset: Unset,
  runner: Runner,
  signal: AbortSignal,
): Promise<Examined> {
  const plan = planDrill(loaded, settings, { yes: false, dryRun: true }, runner);
  const services = await runner.clients.connect(settings);
  const asked = {
    ...services,
    buildkite: refuseReads(unset.buildkite, services.buildkite),
    ecs: refuseReads(unset.aws, services.ecs),
  };
  const ledger = await runner.clients.examineStore(runner.ledger, plan, signal);
  const around = { proxies: proxiesOf(settings), ledger };
  const seen = await examinePlan(plan, asked, around, signal);
  const findings = CHECKS.flatMap((check) =>
    check.judge(seen).map((line): Finding => ({ check: check.name, ...line })),
  );
  const ready = findings.every(({ status }) => status === 'ok' || status === 'warning');
  return { file: loaded.file, title: loaded.scenario.title, ready, findings };
}

/** Never their addresses, which may contain a password. */
function proxiesOf({ rules }: Settings): readonly string[] {
  const { http = null, https = null } = rules.proxies ?? {};
  return [...new Set([https, http].flatMap((proxy) => (proxy === null ? [] : [proxy.name])))];
}
