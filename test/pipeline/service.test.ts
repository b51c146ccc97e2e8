import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Answer } from '../../src/cli/exit-codes.ts';
import type { Runner } from '../../src/cli/runner.ts';
import { printPipeline } from '../../src/pipeline/service.ts';
import type { Screen } from '../../src/report/screen.ts';

const DRILL = {
  version: 1,
  title: 'A drill',
  build: { organization: 'acme', pipeline: 'canary' },
  cluster: { region: 'us-east-1', name: 'build-prod', service: 'agents' },
  when: { step: 'integration' },
  inject: { fault: 'stop-task' },
  limits: {},
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-pipeline-'));
  writeFileSync(join(folder, 'rig.yaml'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, over: Readonly<Record<string, unknown>> = {}): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ ...DRILL, ...over }));
  return path;
}

/** What the command prints on stdout, and its answer. */
async function print(
  files: readonly string[],
  over: Partial<Parameters<typeof printPipeline>[1]> = {},
): Promise<{ readonly text: string; readonly answer: Answer }> {
  let text = '';
  const answers: Answer[] = [];
  const screen: Screen = {
    write: (more) => (text += more),
    columns: () => 80,
    rows: () => 24,
    colors: false,
  };
  const runner = {
    environment: {},
    output: { stdout: screen, stderr: screen, learn: () => undefined, redact: (one: string) => one },
    finish: (answer: Answer, show?: (stdout: Screen) => void) => {
      answers.push(answer);
      show?.(screen);
    },
  };
  const flags = {
    ...{ parallel: undefined, queue: undefined, rig: false },
    json: false,
    var: undefined,
    ...over,
  };
  await printPipeline(files, flags, runner as unknown as Runner);
  return { text, answer: answers[0] as Answer };
}

describe('gameday pipeline', () => {
  it('prints YAML that is read back as the pipeline of its answer', async () => {
    const { text, answer } = await print([write('a $HOME \'"{}.yaml'), write('b.yaml')]);
    expect(answer).toMatchObject({ outcome: 'written', exitCode: 0 });
    expect(parse(text)).toEqual(answer['pipeline']);
    const { steps } = parse(text) as { readonly steps: readonly { readonly key: string }[] };
    expect(steps.map(({ key }) => key)).toEqual(['game-day-1', 'game-day-2', 'game-day-merge']);
  });

  it.each<readonly [string, () => Promise<unknown>, RegExp]>([
    ['a file twice', () => print([write('a.yaml'), write('a.yaml')]), /is given twice/],
    ['a line end in a name', () => print([write('a\nb.yaml')]), /control character/],
    [
      'a line end in a variable',
      () => print([write('a.yaml')], { var: ['BRANCH=a\nb'] }),
      /control character/,
    ],
    [
      'more than Buildkite takes',
      () => print(Array.from({ length: 500 }, (_, index) => `${String(index)}.yaml`)),
      /500 scenarios are 501 steps, and Buildkite takes 500/,
    ],
    ['a queue that is none', () => print([write('a.yaml')], { queue: '$Q' }), /--queue is not the name/],
  ])('refuses %s', async (_name, act, why) => {
    await expect(act()).rejects.toThrow(why);
  });

  it('refuses a command that no agent could pass on', async () => {
    const long = 'x'.repeat(240);
    const files = Array.from({ length: 499 }, (_, index) => write(`${long}-${String(index)}.yaml`));
    await expect(print(files)).rejects.toThrow(/the command of the last step would have \d+ bytes/);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>, object, string]>([
    [
      'a control on real services',
      { rig: 'rig.yaml', control: { outcome: 'failed', reason: 'lost' } },
      {},
      '`control:` is allowed on the rig only',
    ],
    ['--rig without a rig', {}, { rig: true }, 'the scenario names no rig file'],
    ['a command that is not there', { inject: { fault: 'command', limit: '1m' } }, {}, 'no command is given'],
    [
      'a secret that everybody could read',
      { build: { ...DRILL.build, env: { TOKEN: '${TOKEN}' } }, secrets: ['TOKEN'] },
      { var: ['TOKEN=very-secret-word'] },
      'a --var holds a secret',
    ],
    ['a broken scenario', { titel: 'x' }, {}, 'titel'],
  ])('says before anything is uploaded: %s', async (_name, scenario, flags, message) => {
    const { text, answer } = await print([write('c.yaml', scenario)], flags);
    expect(answer).toMatchObject({ outcome: 'bad-input', exitCode: 2 });
    expect(answer.errors?.map((error) => error.message).join('\n')).toContain(message);
    expect(text).not.toContain('steps:');
  });
});
