import { describe, expect, it } from 'vitest';
import { agentLeft } from '../../src/checks/agent-left.ts';
import type { RigFacts } from '../../src/scenario/plan.ts';
import { aJob, anAgent, JOB_ID, NOON } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import { EXEC, fact, OLDER, PASSED, T, type Told } from '../support/journal-builders.ts';

const SH = { entryPoint: ['sh', '-c'], command: ['buildkite-agent start'] };
const older = (more: Told = {}): Told => ({ ...more, agent: { ...OLDER, ...more.agent } });
const flags = (...words: string[]): NonNullable<Told['definition']> => ({
  entryPoint: ['buildkite-agent', 'start', ...words],
  command: [],
});
const leaves = (afterJob: number): NonNullable<Told['agent']> => ({ disconnectedAt: T.finished + afterJob });
/** The target itself had waited for 20 s between two jobs. */
const witness = [
  fact(
    'job',
    aJob({ ...PASSED, id: 'past', startedAt: NOON - 60_000, finishedAt: NOON - 20_000, events: [] }),
  ),
];
const waited = { jobs: [JOB_ID, 'past'] };
const rigWith = (knobs: Readonly<Record<string, unknown>>): RigFacts => ({
  ...{ executor: 'namespace', pid1: true, shell: 'dash', knobs, lostAfterMs: null },
  agent: { kind: 'stand-in', path: null, version: null },
});
const V4 = { version: '4.0.0', stoppedGracefullyAt: null };
const another = (over: object) => [
  fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'x' }, ...over })),
];

describe('heard, and left because of it', () => {
  it.each<[string, Told, string, string | undefined]>([
    ['a report', {}, 'yes', 'report'],
    [
      'a report at the end of the window',
      { definition: EXEC, agent: { stoppedGracefullyAt: T.landed + 19_000 } },
      'yes',
      'report',
    ],
    [
      'a report before the stop',
      { agent: { stoppedGracefullyAt: T.landed - 4_000 } },
      'drain-not-proven',
      undefined,
    ],
    [
      'a report after the window',
      { definition: EXEC, agent: { stoppedGracefullyAt: T.landed + 23_000 } },
      'drain-not-proven',
      undefined,
    ],
    [
      'a report 14 s after the stop where the start is not known: a script of the host may have told it',
      { definition: SH, agent: { stoppedGracefullyAt: T.landed + 14_000 } },
      'drain-not-proven',
      undefined,
    ],
    [
      '3.138 without a report, in exec form',
      { definition: EXEC, agent: { stoppedGracefullyAt: null } },
      'drain-not-proven',
      undefined,
    ],
    ['4.0 never seen to report, in exec form', { definition: EXEC, agent: V4 }, 'yes', 'entry-point'],
    [
      '4.0, where another of that version was seen to report',
      { definition: EXEC, agent: V4, after: another({ version: '4.0.0', stoppedGracefullyAt: T.stop }) },
      'drain-not-proven',
      undefined,
    ],
    [
      '4.0, where a user told another one',
      {
        definition: EXEC,
        agent: V4,
        after: another({ version: '4.0.0', stoppedGracefullyAt: T.stop, stoppedGracefullyBy: 'Ada' }),
      },
      'yes',
      'entry-point',
    ],
    ['an older one that reported all the same', { agent: { version: '3.120.0' } }, 'yes', 'report'],
    ['exec form', older({ definition: EXEC }), 'yes', 'entry-point'],
    ['3.137', older({ definition: EXEC, agent: { version: '3.137.9' } }), 'yes', 'entry-point'],
    ['no version', older({ definition: EXEC, agent: { version: null } }), 'yes', 'entry-point'],
    [
      'tini',
      older({ definition: { entryPoint: ['tini', '--', 'buildkite-agent', 'start'], command: [] } }),
      'yes',
      'entry-point',
    ],
    [
      "Buildkite's own image",
      older({ definition: { image: 'buildkite/agent:3.78.0', command: ['start'] } }),
      'yes',
      'entry-point',
    ],
    [
      'an image whose configuration is named',
      older({
        scenario: {
          cluster: { imageConfig: { entryPoint: ['buildkite-agent'], command: [], environment: {} } },
        },
        definition: { command: ['start'] },
      }),
      'yes',
      'entry-point',
    ],
    ['an image that nobody knows', older(), 'drain-not-proven', undefined],
    [
      'an image that nobody knows, and a witness',
      older({ agent: waited, before: witness }),
      'yes',
      'witness',
    ],
    ['an sh that nobody knows', older({ definition: SH }), 'drain-not-proven', undefined],
    [
      'an sh that nobody knows, and a witness',
      older({ definition: SH, agent: waited, before: witness }),
      'yes',
      'witness',
    ],
    [
      'an sh that nobody knows, which exited 143',
      older({ definition: SH, container: { exitCode: 143 } }),
      'yes',
      'exit-code',
    ],
    [
      'dash, which keeps the signal: a witness proves nothing',
      older({ definition: { ...SH, entryPoint: ['dash', '-c'] }, agent: waited, before: witness }),
      'drain-not-proven',
      undefined,
    ],
    [
      '5 s after its job',
      older({ definition: EXEC, agent: leaves(5_000), task: { executionStoppedAt: T.finished + 5_100 } }),
      'yes',
      'entry-point',
    ],
    [
      'more than 5 s after it',
      older({ definition: EXEC, agent: leaves(5_001) }),
      'drain-not-proven',
      undefined,
    ],
    [
      'half of its idle time-out after it',
      older({ definition: flags('--disconnect-after-idle-timeout', '2') }),
      'drain-not-proven',
      undefined,
    ],
    [
      'before that',
      older({ definition: flags('--disconnect-after-idle-timeout', '3') }),
      'yes',
      'entry-point',
    ],
    [
      'its idle time-out after it, at once: either may be why',
      older({ definition: flags('--disconnect-after-idle-timeout', '1') }),
      'drain-not-proven',
      undefined,
    ],
    [
      'its idle time-out after it, and not at once',
      older({
        definition: flags('--disconnect-after-idle-timeout', '6'),
        agent: { disconnectedAt: T.finished + 6_000 },
        scenario: { limits: { signalLag: 10_000 } },
      }),
      'not-drained',
      undefined,
    ],
    [
      'the same where the signal may have come as late as that',
      older({
        definition: flags('--disconnect-after-idle-timeout', '6'),
        agent: { disconnectedAt: T.finished + 6_000 },
      }),
      'drain-not-proven',
      undefined,
    ],
    [
      'the same under a shell that is known to keep the signal',
      older({
        definition: {
          entryPoint: ['dash', '-c'],
          command: ['buildkite-agent start --disconnect-after-idle-timeout 6'],
        },
        agent: { disconnectedAt: T.finished + 6_000 },
      }),
      'not-drained',
      undefined,
    ],
    [
      'the same on a rig of our own, whose knob says that the signal came at once',
      older({
        definition: flags('--disconnect-after-idle-timeout', '6'),
        agent: { disconnectedAt: T.finished + 6_000 },
        plan: { embeddedRig: true, rig: rigWith({}) },
      }),
      'not-drained',
      undefined,
    ],
    [
      'the same on a rig whose knob says that the signal came late',
      older({
        definition: flags('--disconnect-after-idle-timeout', '6'),
        agent: { disconnectedAt: T.finished + 6_000 },
        plan: { embeddedRig: true, rig: rigWith({ signalLag: 25_000 }) },
      }),
      'drain-not-proven',
      undefined,
    ],
    [
      'the same on a rig that somebody only says there is: it is not trusted',
      older({
        definition: flags('--disconnect-after-idle-timeout', '6'),
        agent: { disconnectedAt: T.finished + 6_000 },
        plan: { embeddedRig: false, rig: rigWith({}) },
      }),
      'drain-not-proven',
      undefined,
    ],
    [
      'when its uptime had run out',
      older({ definition: flags('--disconnect-after-uptime', '90') }),
      'drain-not-proven',
      undefined,
    ],
    [
      'before its uptime ran out',
      older({ definition: flags('--disconnect-after-uptime', '120') }),
      'yes',
      'entry-point',
    ],
    [
      'with an uptime, and nobody knows since when',
      older({ definition: flags('--disconnect-after-uptime', '120'), agent: { connectedAt: null } }),
      'drain-not-proven',
      undefined,
    ],
    [
      'at a time that is not shown',
      older({ definition: EXEC, agent: { disconnectedAt: null } }),
      'drain-not-proven',
      undefined,
    ],
    [
      'from a container that ended clearly before its job: it lives in another one',
      older({ definition: EXEC, task: { executionStoppedAt: T.finished - 3_000 } }),
      'evidence-missing',
      undefined,
    ],
    [
      'a one-shot agent that cannot report',
      older({ definition: flags('--disconnect-after-job') }),
      'yes',
      undefined,
    ],
    ['a one-shot agent that reported', { definition: flags('--disconnect-after-job') }, 'yes', 'report'],
    [
      'a one-shot agent that reports its stops and did not',
      { definition: flags('--disconnect-after-job'), agent: { stoppedGracefullyAt: null } },
      'drain-not-proven',
      undefined,
    ],
  ])('%s', (_title, told, expected, proof) => {
    const finding = asked(agentLeft, told);
    expect(finding.raises ?? finding.holds, finding.said).toBe(expected);
    expect(finding.proof).toBe(proof);
  });

  it('says what would prove it', () => {
    expect(asked(agentLeft, older()).said).toMatch(
      /Any of these would show it: agent 3\.138 or later .*exec form.*imageConfig.*10 s/,
    );
  });
});
