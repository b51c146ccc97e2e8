import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sealEvent } from '../../src/journal/line.ts';
import { cli, documentIn, ROOT } from '../support/cli.ts';
import { journalOf } from '../support/journal-builders.ts';
import { NOON } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { inFolder } from './support/case.ts';

const ACCOUNT = ['--account', '123456789012'];
const SCENARIO = join(ROOT, 'scenarios', 'exec-form.yaml');
const FAULTS = join(ROOT, 'scenarios', 'faults');

/** The messages and places of a refusal as bad input. */
async function refused(args: readonly string[], folder: string): Promise<string> {
  const { code, stdout } = await cli(['iam', ...args, '--json'], folder);
  const { outcome, exitCode, errors } = documentIn(stdout);
  expect([code, outcome, exitCode]).toEqual([2, 'bad-input', 2]);
  return errors.map(({ at, message, next }) => `${at ?? ''}: ${message}: ${next ?? ''}`).join('\n');
}

describe.concurrent('iam refuses', () => {
  test.each<readonly [string, readonly string[], RegExp]>([
    ['nothing at all', [], /no scenario is named/],
    [
      'an account that is none',
      [SCENARIO, '--account', '1234'],
      /--account is not an AWS account id, which has twelve digits/,
    ],
    [
      'JSON without an account',
      [SCENARIO],
      /exec-form\.yaml: the account of the cluster is not known.*--account/,
    ],
    [
      'a format that it does not know',
      [SCENARIO, ...ACCOUNT, '--format', 'xml'],
      /--format "xml" is none of json/,
    ],
    ['a file that is not there', ['none.yaml', ...ACCOUNT], /none\.yaml: there is no such file/],
    ['a scenario and --check', [SCENARIO, '--check', 'x'], /--check takes the scenario from the journal/],
    ['a drill that is not there', ['--check', 'none'], /there is no drill "none"/],
    [
      'a trust policy beside rights in JSON',
      [SCENARIO, '--trust', 'acme/nightly', ...ACCOUNT],
      /two documents/,
    ],
    ['a trust policy without an account', ['--trust', 'acme/nightly'], /account of the role is not known/],
    [
      'a step of no pipeline',
      [SCENARIO, ...ACCOUNT, '--trust-step', 'x'],
      /--trust-step is given without --trust/,
    ],
  ])('%s', async (_name, args, said) => {
    await inFolder(async (folder) => expect(await refused(args, folder)).toMatch(said));
  });

  test('a folder without scenarios, and everything that is wrong with those of a folder, each with its place', async () => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, 'empty'));
      await writeFile(join(folder, 'empty', 'notes.txt'), '');
      expect(await refused(['empty', ...ACCOUNT], folder)).toMatch(/empty: empty contains no scenario/);
      await mkdir(join(folder, 'mine'));
      const text = (await readFile(SCENARIO, 'utf8')).replace(/^rig: .*$/m, '');
      await writeFile(join(folder, 'mine', 'a.yaml'), text.replace('stop-task', 'stop-tusk'));
      await writeFile(join(folder, 'mine', 'b.yml'), text.replace('build-prod', 'build prod'));
      const said = await refused(['mine', ...ACCOUNT], folder);
      expect(said).toMatch(/mine\/a\.yaml:\d+:\d+: /);
      expect(said).toMatch(/mine\/b\.yml:\d+:\d+: /);
    });
  });

  test('an account that contradicts the ARN of the cluster, and a region that nobody names', async () => {
    await inFolder(async (folder) => {
      const text = (await readFile(SCENARIO, 'utf8')).replace(/^rig: .*$/m, '');
      const arn = 'arn:aws:ecs:us-east-1:210987654321:cluster/build-prod';
      await writeFile(join(folder, 'arn.yaml'), text.replace('name: build-prod', `name: ${arn}`));
      await writeFile(join(folder, 'nowhere.yaml'), text.replace('  region: us-east-1\n', ''));
      expect(await refused(['arn.yaml', ...ACCOUNT], folder)).toMatch(
        /arn\.yaml: cluster\.name is of account 210987654321, and --account names 123456789012/,
      );
      expect(await refused(['nowhere.yaml', ...ACCOUNT], folder)).toMatch(/nowhere\.yaml: the region/);
      const { code, stdout } = await cli(['iam', 'arn.yaml'], folder);
      expect(code).toBe(0);
      expect(stdout).toContain(arn);
      const there = await cli(['iam', 'nowhere.yaml', ...ACCOUNT], folder, { AWS_REGION: 'eu-west-1' });
      expect(there.stdout).toContain('arn:aws:ecs:eu-west-1:123456789012:cluster/build-prod');
    });
  });

  test('a journal of another version, and one that was changed', async () => {
    await inFolder(async (folder) => {
      const lines = linesOf();
      await writeFile(join(folder, 'newer.jsonl'), lines.replace('"v":1', '"v":9'));
      expect(await refused(['--check', 'newer.jsonl'], folder)).toMatch(
        /version 9; this gameday reads version 1/,
      );
      await writeFile(join(folder, 'changed.jsonl'), lines.replace('build-prod', 'build-mine'));
      expect(await refused(['--check', 'changed.jsonl'], folder)).toMatch(/wrong checksum/);
    });
  });
});

/** The lines of a journal that holds a plan and nothing else. */
function linesOf(): string {
  const [event] = journalOf([[NOON, { code: 'GD_DRILL_PLANNED', payload: { plan: planOf() } }]]);
  if (event === undefined) throw new Error('no event');
  const { code, payload, seq, at, drill } = event;
  return `${sealEvent({ code, payload } as never, { seq, at, drill, previousSum: '' }).line}\n`;
}

describe.concurrent('iam says', () => {
  test('that nothing was denied, with exit 0', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'quiet.jsonl'), linesOf());
      const { code, stdout } = await cli(['iam', '--check', 'quiet.jsonl'], folder);
      expect([code, stdout]).toEqual([0, 'AWS denied nothing in drill 20261124-120000-abcd.\n']);
      const json = await cli(['iam', '--check', 'quiet.jsonl', '--json'], folder);
      expect(JSON.parse(json.stdout)).toEqual({
        ...{ version: 1, outcome: 'clean', exitCode: 0, drill: '20261124-120000-abcd', denials: [] },
      });
    });
  });

  test('one document with the policy, why each statement is there, and what to know, under --json', async () => {
    await inFolder(async (folder) => {
      const { code, stdout } = await cli(['iam', FAULTS, ...ACCOUNT, '--json'], folder);
      const document = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
      expect(code).toBe(0);
      expect(document).toMatchObject({ version: 1, outcome: 'written', exitCode: 0, format: 'json' });
      expect(JSON.parse(String(document['text']))).toEqual(document['policy']);
      expect(document['why']).toMatchObject({ ProtectTasks: ['fault autoscale-in', 'fault scale-in'] });
      expect(document['characters']).toBe(JSON.stringify(document['policy']).replaceAll(/\s/g, '').length);
      const unnamed = await cli(['iam', FAULTS, '--format', 'terraform', '--json'], folder);
      expect(JSON.parse(unnamed.stdout)).toMatchObject({ policy: null, format: 'terraform' });
    });
  });

  test('that a policy is too large for a managed one', async () => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, 'many'));
      const text = (await readFile(SCENARIO, 'utf8')).replace(/^rig: .*$/m, '');
      for (let n = 0; n < 12; n += 1)
        await writeFile(join(folder, 'many', `${n}.yaml`), text.replace('build-prod', `build-prod-${n}`));
      const { code, stderr } = await cli(['iam', 'many', ...ACCOUNT], folder);
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(
          /note: The policy has \d{4,5} characters; the limit of a managed policy is 6144/,
        ),
      ]);
      const small = await cli(['iam', SCENARIO, ...ACCOUNT], folder);
      expect(small.stderr).not.toContain('characters');
    });
  });
});
