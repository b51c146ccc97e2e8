import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { knobs } from '../../src/rig/knob-schema.ts';
import { buildkiteReads } from '../contract/buildkite-reads.contract.ts';
import { ecsReads } from '../contract/ecs-reads.contract.ts';
import { LiveDocument, type LiveAnswer } from './document.ts';
import { QUESTIONS, type Question, type Seen } from './questions.ts';
import { openServices } from './services.ts';
import { readLiveSettings } from './settings.ts';
import { createThrowAway, drainHost, stopProtected, stopTwice, type ThrowAway } from './throw-away.ts';
import { readWorld, type LiveWorld } from './world.ts';

const settings = readLiveSettings(process.env);
const services = openServices(settings);
const { buildkite, ecs } = services;
const defaults: Readonly<Record<string, unknown>> = knobs.parse({});
const answers: LiveAnswer[] = [];
let world: LiveWorld;

type Asked = Omit<Question, 'answer'> & { readonly needs: LiveAnswer['needs'] };

/** Writes an answer down, whatever comes of it; only services that do not answer fail the test. */
async function record(asked: Asked, answer: () => Promise<Seen>): Promise<void> {
  const { name: question, asks, knob, rule, needs } = asked;
  const rig = knob === null ? null : defaults[knob];
  const base = { question, asks, knob, rule, needs, rig };
  try {
    const seen = await answer();
    const mine = seen.rig ?? rig;
    const isSeen = seen.seen !== null;
    const agrees = isSeen ? (seen.agrees ?? seen.seen === mine) : null;
    const state = isSeen ? 'answered' : 'no-evidence';
    answers.push({ ...base, rig: mine, state, seen: seen.seen, agrees, evidence: seen.evidence });
  } catch (error) {
    const said = error instanceof Error ? error.name : 'unknown';
    answers.push({ ...base, state: 'failed', seen: null, agrees: null, evidence: { error: said } });
    throw error;
  }
}

/** A question that the person did not allow. */
function leaveOut({ name: question, ...rest }: Asked): void {
  const rig = rest.knob === null ? null : defaults[rest.knob];
  answers.push({ question, ...rest, rig, state: 'not-asked', seen: null, agrees: null, evidence: {} });
}

const WITH_SERVICE = {
  second: {
    ...{ name: 'second-stop-task', knob: 'secondStopTask', rule: 'ECS-14', needs: 'throw-away service' },
    asks: 'What does a second StopTask do to the reason of the first one?',
  },
  reason: {
    ...{ name: 'stop-task', knob: null, rule: 'ECS-10', needs: 'throw-away service' },
    asks: 'Does a task that StopTask stopped show UserInitiated and the reason that was given?',
  },
  lag: {
    ...{ name: 'signal-lag', knob: 'signalLag', rule: 'ECS-74', needs: 'throw-away service' },
    asks: 'How long after stoppingAt does an agent report that it was told to stop?',
  },
  shielded: {
    ...{ name: 'stop-protected-task', knob: 'stopProtected', rule: 'ECS-91', needs: 'throw-away service' },
    asks: 'Does StopTask stop a task that is protected from scale-in?',
  },
  drained: {
    ...{ name: 'drain-stop-code', knob: null, rule: 'ECS-65', needs: 'throw-away service' },
    asks: "Which stopCode has a service's task whose EC2 host is drained?",
  },
} satisfies Readonly<Record<string, Asked>>;

beforeAll(async () => {
  world = await readWorld(services);
}, 120_000);

afterAll(() => {
  const tasks = [...(world?.running ?? []), ...(world?.stopped ?? [])];
  const document: LiveDocument = {
    version: 1,
    at: new Date().toISOString(),
    gameday: packageJson.version,
    launchTypes: [...new Set(tasks.map(({ launchType }) => launchType ?? 'none'))],
    agentVersions: [...new Set((world?.listed ?? []).map(({ version }) => version ?? 'unknown'))],
    answers,
  };
  writeFileSync(settings.out, `${JSON.stringify(LiveDocument.parse(document), null, 2)}\n`);
  const lines = answers.map(({ question, state, agrees, seen, rig, knob, rule }) => {
    const verdict =
      agrees === null ? state : agrees ? 'as the rig' : `OTHER THAN THE RIG (${JSON.stringify(rig)})`;
    return `  ${question.padEnd(22)} ${(seen === null ? '-' : JSON.stringify(seen)).padEnd(16)} ${verdict}  [${knob === null ? `rule ${rule}` : `knob ${knob}`}]`;
  });
  process.stdout.write(`\n${lines.join('\n')}\nWritten to ${settings.out}\n`);
});

buildkiteReads('the real services', () =>
  Promise.resolve({ buildkite, ...settings, close: async () => undefined }),
);
ecsReads('the real services', () => Promise.resolve({ ecs, ...settings, close: async () => undefined }));

describe('what reads show', () => {
  test.each(QUESTIONS.map((question) => [question.asks, question] as const))(
    '%s',
    async (_asks, question) => {
      await record({ ...question, needs: 'reads' }, () => question.answer(services, world));
      expect(answers.at(-1)?.question).toBe(question.name);
    },
  );
});

describe('what a throw-away service shows', () => {
  const { throwAway: definition } = settings;
  let throwAway: ThrowAway | null = null;
  afterAll(async () => {
    await throwAway?.delete();
  }, 400_000);

  test('it is stopped, stopped again, stopped under protection, and its host is drained', async () => {
    if (definition === null) {
      for (const asked of Object.values(WITH_SERVICE)) leaveOut(asked);
      return;
    }
    const made = await createThrowAway(services, definition);
    throwAway = made;
    const { second, reason, stopCode, lag, evidence } = await stopTwice(services, made);
    await record(WITH_SERVICE.second, async () => ({ seen: second, evidence }));
    const isOurs = stopCode === 'UserInitiated' && reason.startsWith('gameday live');
    await record(WITH_SERVICE.reason, async () => ({ seen: isOurs, rig: true, evidence: { stopCode } }));
    await record(WITH_SERVICE.lag, async () => lag);
    await record(WITH_SERVICE.shielded, () => stopProtected(services, made));
    if (settings.mayDrain) await record(WITH_SERVICE.drained, () => drainHost(services, made));
    else leaveOut(WITH_SERVICE.drained);
  }, 900_000);
});
