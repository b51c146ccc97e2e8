import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import type { AssertionPlan, Plan } from '../scenario/plan.ts';
import { runDrill } from '../drill/run.ts';
import { systemClock } from '../http/clock.ts';
import { readInstant } from '../forecast/instant.ts';
import { openJournal } from '../journal/file.ts';
import { parseDuration } from '../scenario/duration.ts';
import { account } from '../verdict/account.ts';
import type { Drive } from './drive.ts';
import { driveAlone } from './drive.ts';
import { secretsOf, type Environment } from './output.ts';
import { drillId, placeOf } from './plan-drill.ts';
import type { Runner } from './runner.ts';
import { settingsFromEnvironment } from './settings.ts';

export interface AssertionOptions {
  /** `organization/pipeline/number`; undefined: the build that we run in. */
  readonly build: string | undefined;
  readonly step: string | undefined;
  readonly since: string | undefined;
  readonly tasks: readonly string[];
  readonly container: string | undefined;
  readonly require: string;
  readonly mapping: string;
  readonly cluster: string | undefined;
  readonly service: string | undefined;
  readonly signalLag: string | undefined;
  readonly drainWithin: string | undefined;
  readonly within: string;
  readonly pollEvery: string;
  readonly insecure: boolean;
  readonly out: string;
}

/** Judges a build that something else disturbed: waits for its end and for every stop that ECS shows. Nothing is injected. */
export async function assertBuild(options: AssertionOptions, runner: Runner): Promise<void> {
  const asked = assertionOf(options, runner.environment);
  const { scenario } = asked;
  const { settings, errors } = settingsFromEnvironment(scenario, runner.environment, options.insecure);
  if (settings === null) return runner.finish(account([], errors, null));
  const { build } = scenario;
  const plan: Plan = {
    ...asked,
    mode: 'assert',
    file: `assert ${settings.organization}/${build.pipeline}/${String(build.number)}`,
    digest: createHash('sha256').update(JSON.stringify(asked)).digest('hex'),
    ...placeOf(settings, scenario, { yes: true, dryRun: false }, runner),
  };
  const { now } = systemClock;
  const id = drillId(now());
  const folder = join(options.out, id);
  const journal = await openJournal(folder, id, {
    secrets: secretsOf(runner.environment),
    create: true,
    now,
  });
  const act: Drive['act'] = (ports, interrupted, onEvent) => runDrill(plan, ports, interrupted, onEvent);
  return driveAlone({ plan, settings, journal, folder, out: options.out, act }, runner);
}

interface NamedBuild {
  readonly organization: string;
  readonly pipeline: string;
  readonly number: number;
  readonly own: boolean;
}

function assertionOf(
  options: AssertionOptions,
  environment: Environment,
): Pick<AssertionPlan, 'scenario' | 'assertion'> {
  const { own, ...build } = buildOf(options.build, environment);
  if (own && options.step === undefined)
    throw new GamedayError('bad-input', 'inside the very build that is judged, --step is required', {
      next: 'Name the step whose jobs are to be judged: the build cannot end before this command does.',
    });
  return {
    assertion: {
      step: options.step ?? null,
      tasks: [...options.tasks],
      since: instant(options.since),
      own,
      require: options.require === 'drained' ? 'drained' : 'not-lost',
    },
    scenario: {
      title: `Build ${build.organization}/${build.pipeline}/${String(build.number)} was not lost`,
      build: { ...build, count: 1 },
      cluster: {
        region: regionOf(options.tasks),
        name: options.cluster ?? 'default',
        service: options.service ?? null,
        family: null,
        taskTag: null,
        container: options.container ?? null,
        sharedTask: 'allowed',
        mapping: mappingOf(options),
        imageConfig: null,
      },
      expect: {
        build: own ? 'any' : 'passed',
        drain: {
          within: options.drainWithin === undefined ? null : ms('--drain-within', options.drainWithin),
        },
        idle: { within: null },
        handover: 'forbidden',
        containers: {},
      },
      limits: {
        verdictWithin: ms('--within', options.within),
        pollEvery: Math.max(100, ms('--poll-every', options.pollEvery)),
        signalLag: options.signalLag === undefined ? null : ms('--signal-lag', options.signalLag),
      },
    },
  };
}

function buildOf(given: string | undefined, environment: Environment): NamedBuild {
  const own = [
    environment['BUILDKITE_ORGANIZATION_SLUG'],
    environment['BUILDKITE_PIPELINE_SLUG'],
    environment['BUILDKITE_BUILD_NUMBER'],
  ];
  const ours = own.every((part) => part !== undefined && part !== '') ? own.join('/') : null;
  const name = given ?? ours;
  if (name === null)
    throw new GamedayError('bad-input', 'no build is named', {
      next: 'Give --build ORGANIZATION/PIPELINE/NUMBER, or run it in a Buildkite step.',
    });
  const [, organization, pipeline, number] =
    /^(?:https?:\/\/[^/]+\/)?([\w.-]+)\/([\w.-]+)\/(?:builds\/)?(\d{1,9})$/.exec(name) ?? [];
  if (organization === undefined || pipeline === undefined || number === undefined)
    throw new GamedayError('bad-input', `"${name}" is not a build`, {
      next: 'Write it as acme/canary/17, or give its URL.',
    });
  return {
    organization,
    pipeline,
    number: Number(number),
    own: ours === `${organization}/${pipeline}/${number}`,
  };
}

/** The tasks carry their region; tasks of several regions cannot be read with one client. */
function regionOf(tasks: readonly string[]): string | null {
  const regions = tasks.map((arn) => {
    const [, region] = /^arn:aws[\w-]*:ecs:([a-z0-9-]+):\d{12}:task\/.+$/.exec(arn) ?? [];
    if (region === undefined)
      throw new GamedayError('bad-input', `--task "${arn}" is not the ARN of an ECS task`);
    return region;
  });
  if (new Set(regions).size > 1)
    throw new GamedayError('bad-input', 'the tasks lie in several regions', {
      next: 'Assert each region by itself.',
    });
  return regions[0] ?? null;
}

/** By host name an agent is looked for among the tasks of a service, so both must be named. */
function mappingOf({ mapping, service, cluster }: AssertionOptions): 'tag' | 'hostname' {
  if (mapping !== 'hostname') return 'tag';
  if (service !== undefined && cluster !== undefined) return 'hostname';
  throw new GamedayError('bad-input', '--mapping hostname needs --cluster and --service', {
    next: 'Name the ECS cluster and the service whose tasks host the agents.',
  });
}

function instant(since: string | undefined): number | null {
  if (since === undefined) return null;
  const told = readInstant(since);
  if (told === null)
    throw new GamedayError('bad-input', `--since "${since}" is not a time`, {
      next: 'Write it as 2026-01-02T03:04:05Z.',
    });
  return told.at;
}

function ms(flag: string, text: string): number {
  const parsed = parseDuration(text);
  if (parsed === null)
    throw new GamedayError('bad-input', `${flag} "${text}" is not a duration`, {
      next: 'Write it as 10s, 5m or 1h30m.',
    });
  return parsed;
}
