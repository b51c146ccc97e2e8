import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { programsOfPyPi } from './support/pypi.ts';
import { bash, GAMEDAY } from './support/shell.ts';

const PYPI = ['pre-commit==4.6.0', 'check-jsonschema==0.38.0', 'zizmor==1.32.0'];
const tools = programsOfPyPi('published', PYPI, ['pre-commit', 'check-jsonschema', 'zizmor']);
const NOT_RUN = tools.bin === null ? ` (not run: ${tools.why})` : '';
const required = process.env['GAMEDAY_REQUIRE_TOOLS'] === '1';

const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const hasGo = spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;

const BEFORE = join(ROOT, 'scenarios/incident/before.json');
const AFTER = join(ROOT, 'scenarios/incident/after.json');

let folder = '';
const at = (...parts: readonly string[]): string => join(folder, ...parts);
const put = (path: string, text: string): void => writeFileSync(at(path), text);

async function run(script: string, cwd = folder, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const path = [at('bin'), ...(tools.bin === null ? [] : [tools.bin]), process.env['PATH'] ?? ''].join(
    delimiter,
  );
  return bash(script, cwd, { HOME: at('home'), PATH: path, ...env });
}

async function mustRun(script: string, cwd = folder): Promise<string> {
  const { code, stdout, stderr } = await run(script, cwd);
  if (code !== 0) throw new Error(`${script}: ${String(code)}\n${stdout}${stderr}`);
  return stdout;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-published-'));
  for (const name of ['home', 'bin', 'packed', 'user']) mkdirSync(at(name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the tools are here where they are required', () => {
  if (required) expect([NOT_RUN, hasGo]).toEqual(['', true]);
});

describe.skipIf(tools.bin === null)(`by others' rules${NOT_RUN}`, () => {
  test('action.yml, the workflows and the hooks fit their schemas', async () => {
    await mustRun('check-jsonschema --builtin-schema vendor.github-actions action.yml', ROOT);
    await mustRun('check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml', ROOT);
    await mustRun('pre-commit validate-manifest .pre-commit-hooks.yaml', ROOT);
  });

  test('zizmor finds nothing', async () => {
    await mustRun('zizmor --offline --no-config .github/workflows action.yml', ROOT);
  });
});

test.skipIf(!hasGo)('actionlint finds nothing', async () => {
  await mustRun(`go run ${ACTIONLINT} .github/workflows/*.yml`, ROOT);
});

test('preflight finds nothing in the image of gameday itself', async () => {
  const definition = {
    family: 'gameday',
    requiresCompatibilities: ['EC2'],
    containerDefinitions: [
      { name: 'gameday', image: 'example/gameday:1', essential: true, stopTimeout: 120, memory: 512 },
    ],
  };
  put('gameday.json', JSON.stringify(definition));
  const script = `${GAMEDAY} preflight --task-definition gameday.json --dockerfile '${ROOT}Dockerfile' --container gameday --json`;
  const { findings } = z.object({ findings: z.array(z.unknown()) }).parse(JSON.parse(await mustRun(script)));
  expect(findings).toEqual([]);
});

describe('the action', () => {
  const Action = z.object({
    inputs: z.record(z.string(), z.object({ default: z.string().optional() })),
    runs: z.object({
      steps: z.tuple([z.object({ env: z.record(z.string(), z.string()), run: z.string() })]),
    }),
  });
  const { inputs, runs } = Action.parse(parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')));
  const [{ env, run: script }] = runs.steps;

  /** Runs the action's script as GitHub does: each input a variable, outputs in a file. */
  async function act(given: Readonly<Record<string, string>>): Promise<Ended & { readonly outputs: string }> {
    // In place of the registry's gameday: the one that was built.
    writeFileSync(
      at('bin', 'npx'),
      `#!/bin/bash\n[ "$1 $2" = "--yes gameday@latest" ] || exit 99\nexec ${GAMEDAY} "\${@:3}"\n`,
      {
        mode: 0o755,
      },
    );
    const values = Object.entries(env).map(([variable, expression]) => {
      const [, name = ''] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression) ?? [];
      return [variable, given[name] ?? inputs[name]?.default ?? ''] as const;
    });
    put('outputs', '');
    const ended = await run(`set -e\n${script}`, folder, {
      ...Object.fromEntries(values),
      GITHUB_OUTPUT: at('outputs'),
    });
    return { ...ended, outputs: readFileSync(at('outputs'), 'utf8') };
  }

  test('writes a SARIF log and fails where errors are found', async () => {
    const { code, outputs } = await act({ 'task-definition': BEFORE, sarif: 'own.sarif' });
    expect([code, outputs]).toEqual([10, 'exit-code=10\nsarif=own.sarif\n']);
    const log = JSON.parse(readFileSync(at('own.sarif'), 'utf8')) as object;
    expect(log).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ ruleId: expect.any(String) }, {}, {}] }],
    });
  });

  test('passes a sound definition, and takes each input for what it is', async () => {
    put('a $(touch hurt) `b`.json', readFileSync(AFTER, 'utf8'));
    const { code, outputs } = await act({ 'task-definition': 'a $(touch hurt) `b`.json' });
    expect([code, outputs]).toEqual([0, 'exit-code=0\nsarif=gameday.sarif\n']);
    const missing = await act({ 'task-definition': '; touch hurt' });
    expect([missing.code, missing.outputs]).toEqual([2, 'exit-code=2\nsarif=gameday.sarif\n']);
    expect((await run('ls')).stdout).not.toContain('hurt\n');
  });
});

test.skipIf(tools.bin === null)(
  `the real pre-commit installs the hook, and checks each file by itself${NOT_RUN}`,
  async () => {
    // The package as npm packs it: what pre-commit would build from a clone needs the registry for the tools of the build.
    await mustRun(`npm pack --silent --ignore-scripts --pack-destination '${at('packed')}'`, ROOT);
    await mustRun('tar xzf packed/*.tgz && mv package hooks');
    const manifest = JSON.parse(readFileSync(at('hooks', 'package.json'), 'utf8')) as Record<string, unknown>;
    put('hooks/package.json', JSON.stringify({ ...manifest, scripts: {}, devDependencies: {} }));
    put('hooks/.pre-commit-hooks.yaml', readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8'));
    const commit = 'git init -q && git add -A && git -c user.name=a -c user.email=a@b.invalid commit -qm all';
    await mustRun(commit, at('hooks'));
    put('user/build-task-definition.json', readFileSync(BEFORE, 'utf8'));
    put('user/task definition.json', readFileSync(AFTER, 'utf8'));
    put('user/other.json', '{}');
    await mustRun(commit, at('user'));
    const tried = await run(
      `pre-commit try-repo '${at('hooks')}' gameday-preflight --all-files`,
      at('user'),
      {
        npm_config_offline: 'true',
      },
    );
    expect(tried.code, tried.stdout + tried.stderr).toBe(1);
    expect(tried.stdout).toContain('error shell-form  build-task-definition.json:');
    expect(tried.stdout).toContain('error stop-timeout-missing  build-task-definition.json:');
    expect(tried.stdout).not.toContain('other.json');
    const sound = await run(
      `pre-commit try-repo '${at('hooks')}' gameday-preflight --files 'task definition.json'`,
      at('user'),
      {
        npm_config_offline: 'true',
      },
    );
    expect(sound.code, sound.stdout + sound.stderr).toBe(0);
    expect(sound.stdout).toContain('Passed');
  },
);
