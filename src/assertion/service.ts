import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import type { AssertionPlan, Plan } from '../scenario/plan.ts';
import { runDrill } from '../drill/run.ts';
import { systemClock } from '../http/clock.ts';
import { readInstant } from '../forecast/instant.ts';
import { openJournal } from '../journal/file.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import type { Drive } from '../cli/drive.ts';
import { driveAlone } from '../cli/drive.ts';
import { explainWrongFolder } from '../cli/folders.ts';
import { readHooks } from '../cli/hooks.ts';
import { secretsOf, type Environment } from '../cli/output.ts';
import { makeDrillId, placeOf } from '../cli/plan-drill.ts';
import type { AssertionFlags } from './options.ts';
import type { Runner } from '../cli/runner.ts';
import { settingsFromEnvironment } from '../cli/settings.ts';

/** Judges a build that something else disturbed: waits for the build's end and for the end of every stop that ECS shows. */
export async function assertBuild(flags: AssertionFlags, runner: Runner): Promise<void> {
  const asked = assertionOf(flags, runner.environment);
  const { scenario } = asked;
  const { settings, errors } = await settingsFromEnvironment(scenario, runner.environment, flags.insecure);
  const wrong = [...errors, ...explainWrongFolder('--out', flags.out)];
  if (settings === null || wrong.length > 0) return runner.finish(makeGameDayDocument([], wrong, null));
  const { hooks, secrets } = readHooks({ ...flags, rig: false }, runner);
  const { build } = scenario;
  const plan: Plan = {
    ...asked,
    mode: 'assert',
    file: `assert ${settings.organization}/${build.pipeline}/${String(build.number)}`,
    digest: createHash('sha256').update(JSON.stringify(asked)).digest('hex'),
    ...placeOf(settings, scenario, { yes: true, dryRun: false }, runner),
  };
  const { now } = systemClock;
  const id = makeDrillId(now());
  const folder = join(flags.out, id);
  const journal = await openJournal(folder, id, {
    secrets: [...secretsOf(runner.environment), ...secrets],
    create: true,
    now,
  });
  const act: Drive['act'] = (ports, interrupted, onEvent) => runDrill(plan, ports, interrupted, onEvent);
  return driveAlone({ plan, settings, hooks, journal, folder, out: flags.out, act }, runner);
}

interface NamedBuild {
  readonly organization: string;
  readonly pipeline: string;
  readonly number: number;
  readonly own: boolean;
}

function assertionOf(
  flags: AssertionFlags,
  environment: Environment,
): Pick<AssertionPlan, 'scenario' | 'assertion'> {
  const { own, ...build } = buildOf(flags.build, environment);
  if (own && flags.step === undefined)
    throw new GamedayError('bad-input', '--step is required inside the build that is judged', {
      next: 'Name the step whose jobs to judge: the build cannot end before this command does.',
    });
  return {
    assertion: {
      step: flags.step ?? null,
      tasks: [...(flags.task ?? [])],
      since: readSinceFlag(flags.since),
      own,
      require: flags.require,
    },
    scenario: {
      title: `Build ${build.organization}/${build.pipeline}/${String(build.number)}`,
      build: { ...build, count: 1 },
      cluster: {
        region: regionOf(flags.task ?? []),
        name: flags.cluster ?? 'default',
        service: flags.service ?? null,
        family: null,
        taskTag: null,
        container: flags.container ?? null,
        sharedTask: 'allowed',
        mapping: mappingOf(flags),
        imageConfig: null,
      },
      expect: {
        build: own ? 'any' : 'passed',
        drain: {
          within: flags['drain-within'] ?? null,
        },
        idle: { within: null },
        touched: 'all',
        worker: 'drains',
        handover: 'forbidden',
        containers: {},
      },
      limits: {
        verdictWithin: flags.within,
        pollEvery: Math.max(100, flags['poll-every']),
        signalLag: flags['signal-lag'] ?? null,
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
    throw new GamedayError('bad-input', 'no build to judge is named', {
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

/** The region in the ARNs of the tasks; one client reads one region only. */
function regionOf(tasks: readonly string[]): string | null {
  const regions = tasks.map((arn) => {
    const [, region] = /^arn:aws[\w-]*:ecs:([a-z0-9-]+):\d{12}:task\/.+$/.exec(arn) ?? [];
    if (region === undefined)
      throw new GamedayError('bad-input', `--task "${arn}" is not the ARN of an ECS task`);
    return region;
  });
  if (new Set(regions).size > 1)
    throw new GamedayError('bad-input', 'the tasks of --task are in several regions', {
      next: 'Run one assert for each region.',
    });
  return regions[0] ?? null;
}

/** Host names are matched against the tasks of one service, so cluster and service are both required. */
function mappingOf({ mapping, service, cluster }: AssertionFlags): 'tag' | 'hostname' {
  if (mapping !== 'hostname') return 'tag';
  if (service !== undefined && cluster !== undefined) return 'hostname';
  throw new GamedayError('bad-input', '--mapping hostname needs --cluster and --service', {
    next: 'Name the ECS cluster and the service whose tasks host the agents.',
  });
}

function readSinceFlag(since: string | undefined): number | null {
  if (since === undefined) return null;
  const told = readInstant(since);
  if (told === null)
    throw new GamedayError('bad-input', `--since "${since}" is not a time`, {
      next: 'Write it as 2026-01-02T03:04:05Z.',
    });
  return told.at;
}
