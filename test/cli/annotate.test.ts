import { describe, expect, test } from 'vitest';
import { annotationsOf, contextOf } from '../../src/cli/annotations.ts';
import { createAnnotationReporter } from '../../src/cli/annotate.ts';
import type { AnnotateTools } from '../../src/cli/annotate.ts';
import { clients } from '../../src/cli/wire.ts';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import type { DrillResult, GameDayDocument } from '../../src/verdict/result.ts';
import { processesWith } from '../support/processes.ts';
import { lostResult } from '../report/results.ts';

const JOB = { BUILDKITE_JOB_ID: 'job', BUILDKITE_AGENT_ACCESS_TOKEN: 'token-of-the-job' };
function drill(over: Partial<DrillResult> = {}): DrillResult {
  return lostResult({ control: null, ...over });
}

describe('the context of a scenario', () => {
  test('has 100 characters at most, and tells two scenarios with one long prefix apart', () => {
    const file = (end: string): string => `drills/${'very-long-'.repeat(30)}${end}.yaml`;
    const [a, b] = ['a', 'b'].map((end) => contextOf({ file: file(end), title: 'Drain' }, {}));
    expect(a).not.toBe(b);
    expect(a?.length).toBeLessThanOrEqual(100);
    expect(a).toMatch(/^gameday-[A-Za-z0-9-]+$/);
  });

  test('is the same where a retry checks the scenario out into another folder', () => {
    const at = (folder: string): string =>
      contextOf(
        { file: `${folder}/drills/drain.yaml`, title: 'Drain' },
        { BUILDKITE_BUILD_CHECKOUT_PATH: folder },
      );
    expect(at('/builds/agent-1')).toBe(at('/builds/agent-2'));
    expect(at('/builds/agent-1')).toMatch(/^gameday-drain-[0-9a-f]{8}$/);
  });

  test.each([
    ['another folder', { file: 'b/drain.yaml', title: 'Drain' }, {}],
    ['another title, by a variable', { file: 'a/drain.yaml', title: 'Drain of web' }, {}],
    [
      'another job of a parallel step',
      { file: 'a/drain.yaml', title: 'Drain' },
      { BUILDKITE_PARALLEL_JOB: '1' },
    ],
  ])('is another one for %s', (_name, scenario, environment) => {
    expect(contextOf(scenario, environment)).not.toBe(
      contextOf({ file: 'a/drain.yaml', title: 'Drain' }, {}),
    );
  });
});

describe('the annotations of a command', () => {
  test.each([
    ['failed', 10, 'error'],
    ['internal', 1, 'error'],
    ['inconclusive', 11, 'warning'],
    ['refused', 3, 'warning'],
    ['could-not-run', 4, 'warning'],
    ['passed', 0, 'success'],
    ['planned', 0, 'info'],
    ['baseline', 0, 'info'],
    // No evidence of a drain, so not green.
    ['not-lost', 0, 'info'],
  ] as const)('%s (exit code %i): %s', (outcome, exitCode, style) => {
    expect(annotationsOf([drill({ outcome, exitCode })], {})).toEqual([expect.objectContaining({ style })]);
  });

  test('one for each scenario, the worst first; several drills of one are in one, with the worst style', () => {
    const passed = drill({ file: 'a.yaml', outcome: 'passed', exitCode: 0, title: 'a' });
    const lost = drill({ file: 'b.yaml', title: 'b' });
    const drained = drill({ file: 'b.yaml', title: 'b', outcome: 'passed', exitCode: 0 });
    const made = annotationsOf([passed, lost, drained], {});
    expect(made.map(({ style, context }) => [style, context.slice(0, 10)])).toEqual([
      ['error', 'gameday-b-'],
      ['success', 'gameday-a-'],
    ]);
    expect(made[0]?.body).toMatch(/FAILED[^]*PASSED/);
  });

  test('a negative control that was met is green: it ended as it must', () => {
    const control = { expected: 'failed', met: true, contradicted: false };
    expect(annotationsOf([drill({ control })], {})).toEqual([expect.objectContaining({ style: 'success' })]);
  });

  test('a body stays below 1 MiB in bytes, and begins with the worst drills', () => {
    const passed = drill({ outcome: 'passed', exitCode: 0, said: 'é'.repeat(300_000) });
    const [made] = annotationsOf([passed, passed, passed, drill()], {});
    const body = made?.body ?? '';
    expect(Buffer.byteLength(body)).toBeLessThan(1024 * 1024);
    expect(body).toMatch(/^[^]*### FAILED[^]*left out/);
  });

  test('no text of others becomes a link, an image or HTML', () => {
    const evil =
      '](https://evil.example) <img src=x onerror=alert(1)> ![x](https://evil.example/x.png) <script>';
    const [made] = annotationsOf([drill({ title: evil, said: evil, next: evil, notes: [evil] })], {});
    expect(made?.body).not.toMatch(/(?<!\\)<(?:img|script)|(?<!\\)\]\(https:\/\/evil|style=/);
  });
});

describe('how they are written', () => {
  type Call = Parameters<AnnotateTools['runProgram']>;
  type Ran = Awaited<ReturnType<AnnotateTools['runProgram']>>;
  const ENDED = { exitCode: 0, signal: null, endedBy: null, output: '' };

  /** Tells one drill to the reporter, with an agent that answers like this. */
  async function annotate(
    answer: Ran,
    environment: AnnotateTools['environment'] = JOB,
    drills: readonly DrillResult[] = [drill()],
    document = makeGameDayDocument(drills, [], null),
  ): Promise<{ readonly calls: readonly Call[]; readonly said: string }> {
    const calls: Call[] = [];
    let said = '';
    const stderr = {
      write: (text: string) => void (said += text),
      columns: () => 80,
      rows: () => 24,
      colors: false,
    };
    const reporter = createAnnotationReporter({
      environment,
      output: { stderr, redact: (text) => text.replaceAll('Fix how', '[redacted]') },
      runProgram: async (...call) => {
        calls.push(call);
        return answer;
      },
      now: () => 0,
    });
    for (const one of drills) reporter.onResult(one, []);
    reporter.onAnswer(document);
    await new Promise((resolve) => setImmediate(resolve));
    return { calls, said };
  }

  test('by the agent, on its standard input, without secrets and without a variable that would append', async () => {
    const { calls, said } = await annotate(
      { ok: true, value: ENDED },
      { ...JOB, BUILDKITE_ANNOTATION_APPEND: 'true' },
    );
    expect(said).toBe('');
    const context = contextOf(drill(), {});
    expect(calls).toEqual([
      [
        ['buildkite-agent', 'annotate', '--context', context, '--style', 'error'],
        {
          environment: JOB,
          input: expect.stringContaining('\\[redacted\\] the container hears SIGTERM'),
          limit: 10_000,
        },
      ],
    ]);
  });

  test('the drills of a command whose answer is no game day are those that ended', async () => {
    const answer = { version: 1, outcome: 'failed' } as unknown as GameDayDocument;
    expect((await annotate({ ok: true, value: ENDED }, JOB, [drill()], answer)).calls).toHaveLength(1);
  });

  test.each<[string, Ran, AnnotateTools['environment'], string]>([
    [
      'outside a job',
      { ok: true, value: ENDED },
      {},
      'this is no job of Buildkite: BUILDKITE_JOB_ID is not set',
    ],
    [
      'without an agent',
      {
        ok: false,
        trouble: { kind: 'not-found', message: 'there is no program buildkite-agent', retryAfter: null },
      },
      JOB,
      'there is no program buildkite-agent',
    ],
    [
      'where the agent fails',
      { ok: true, value: { ...ENDED, exitCode: 1, output: 'trying\nfatal: 401 Unauthorized\n' } },
      JOB,
      'buildkite-agent annotate ended with exit code 1: fatal: 401 Unauthorized',
    ],
    [
      'where the agent hangs',
      { ok: true, value: { ...ENDED, exitCode: null, signal: 'SIGTERM', endedBy: 'limit' } },
      JOB,
      'buildkite-agent annotate did not end within 10.0 s',
    ],
  ])('%s that is one line, and no second scenario is tried', async (_name, answer, environment, why) => {
    const { calls, said } = await annotate(answer, environment, [
      drill({ file: 'a.yaml' }),
      drill({ file: 'b.yaml' }),
    ]);
    expect(said).toMatch(/^--annotate: the build is not annotated: .*\n$/);
    expect(said).toContain(why);
    expect(calls.length).toBeLessThanOrEqual(1);
  });

  test.each([
    ['an interrupted command', [drill({ outcome: 'interrupted', exitCode: 130 })]],
    ['a command without a drill', []],
  ])('%s annotates nothing', async (_name, drills) => {
    expect(await annotate({ ok: true, value: ENDED }, JOB, drills)).toEqual({ calls: [], said: '' });
  });
});

describe('a program that is run to its end', () => {
  const run = (words: readonly string[], input: string, limit: number) =>
    clients.runProgram(words, { environment: { PATH: process.env['PATH'] }, input, limit });

  test('reads its standard input whole', async () => {
    const input = 'é'.repeat(400_000);
    const ran = await run(['/bin/sh', '-c', 'wc -c; echo away >&2; exit 3'], input, 30_000);
    expect(ran).toMatchObject({ ok: true, value: { exitCode: 3, endedBy: null } });
    expect(ran.ok ? ran.value.output.split('\n').map((line) => line.trim()) : []).toEqual([
      '800000',
      'away',
      '',
    ]);
  });

  test('may end without reading it', async () => {
    expect(await run(['/bin/sh', '-c', 'exec 0<&-; exit 0'], 'x'.repeat(1_000_000), 30_000)).toMatchObject({
      ok: true,
      value: { exitCode: 0 },
    });
  });

  test('is ended with all that it started once its time is over', async () => {
    const mark = `gameday-annotate-${String(process.pid)}`;
    const hangs = `trap "" TERM; sh -c 'trap "" TERM; sleep 600' ${mark} & sleep 600`;
    const ran = await run(['/bin/sh', '-c', hangs, mark], '', 200);
    expect(ran).toMatchObject({ ok: true, value: { exitCode: null, endedBy: 'limit' } });
    expect(await processesWith(mark)).toEqual([]);
  });

  test('that is not there is said', async () => {
    expect(await run(['./there-is-none'], '', 1_000)).toMatchObject({
      ok: false,
      trouble: { kind: 'not-found' },
    });
  });
});
