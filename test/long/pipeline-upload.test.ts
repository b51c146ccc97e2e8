import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { quoteWord } from '../../src/pipeline/shell.ts';
import { realAgent } from '../e2e/support/agents.ts';

/** File names that a shell or the interpolation of `pipeline upload` would change. */
const NAMES = [
  ...['a b', 'a$HOME', 'a${HOME', 'a${HOME}', 'a${HOME:-x}', 'a$$b', 'a\\$HOME', 'a\\\\$HOME', 'a\\'],
  ...['$(x)', '`id`', 'a"b', "a'b", '$', 'a$', '$$', '$$$', '\\', '\\\\$', '{$}', '!x', '*', '~', '#c'],
  ...['ü€', "'$'", "a'$b'${c", "$'x'", '-n', '$1', '$?', ''],
];

/** What bash makes of a command, as words. */
function wordsOf(command: string): readonly string[] {
  return execFileSync('bash', ['-c', command], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

// https://github.com/buildkite/interpolate: the agent itself interpolates here.
const agent = realAgent();
if (agent === null && process.env['GAMEDAY_REQUIRE_TOOLS'] === '1')
  throw new Error('a real buildkite-agent is required here');

test.skipIf(agent === null)('what a real agent uploads runs with the names as they are (real agent)', () => {
  const steps = [{ command: `printf '%s\\0' ${NAMES.map(quoteWord).join(' ')}` }];
  const uploaded = execFileSync(agent ?? '', ['pipeline', 'upload', '--dry-run'], {
    input: stringify({ steps }, { lineWidth: 0 }),
    env: { ...process.env, BUILDKITE_AGENT_ACCESS_TOKEN: 'none', HOME: '/expanded' },
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const { steps: read } = JSON.parse(uploaded) as { readonly steps: readonly { readonly command: string }[] };
  expect(wordsOf(read[0]?.command ?? '')).toEqual(NAMES);
});
