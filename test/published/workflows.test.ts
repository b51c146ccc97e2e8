import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = new URL('../../', import.meta.url);
const FOLDER = '.github/workflows/';
const textOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const Permissions = z.record(z.string(), z.enum(['read', 'write']));
const Step = z.looseObject({ uses: z.string().optional(), run: z.string().optional() });
const Workflow = z.looseObject({
  permissions: z.strictObject({}),
  jobs: z.record(
    z.string(),
    z.looseObject({ permissions: Permissions, environment: z.string().optional(), steps: z.array(Step) }),
  ),
});

const workflows = readdirSync(new URL(FOLDER, ROOT)).map((name) => `${FOLDER}${name}`);
/** What each job may, beyond reading the sources. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  npm: ['id-token'],
  image: ['packages', 'id-token', 'attestations'],
};

describe.each(workflows)('%s', (path) => {
  const { jobs } = Workflow.parse(parse(textOf(path)));

  test('grants nothing to all, and to each job what it needs', () => {
    for (const [name, { permissions, environment }] of Object.entries(jobs)) {
      const { contents, ...more } = permissions;
      expect(contents).toBe('read');
      expect(Object.keys(more)).toEqual(WRITES[name] ?? []);
      // A person can be asked before whatever may write.
      expect(environment).toBe(name in WRITES ? 'release' : undefined);
    }
  });

  test('puts nothing into a script that somebody else could have written', () => {
    for (const { run = '' } of Object.values(jobs).flatMap(({ steps }) => steps))
      expect(run).not.toContain('${{');
  });
});

/** Files in which actions are used: ours, and what the docs tell others to use. */
const USING = [...workflows, 'action.yml', 'docs/how-to/install.md'];

test.each(USING)('%s pins each action to a commit, with its version beside it', (path) => {
  const used = textOf(path)
    .split('\n')
    .filter((line) => /^\s*(-\s*)?uses:/.test(line) && !line.includes('OWNER/gameday@COMMIT'));
  for (const line of used) expect(line).toMatch(/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  if (path.startsWith(FOLDER)) expect(used.length).toBeGreaterThan(0);
});

test('one version of an action is used everywhere', () => {
  const pins = USING.flatMap((path) => [...textOf(path).matchAll(/uses: (([\w./-]+)@[0-9a-f]+.*)$/gm)]);
  const versions = new Map(pins.map(([, whole = '', name = '']) => [name, whole]));
  expect(pins.filter(([, whole = '', name = '']) => versions.get(name) !== whole)).toEqual([]);
});
