import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PAGE = fileURLToPath(new URL('../../gameday.1', import.meta.url));
const isThere = spawnSync('groff', ['--version']).status === 0;

test.runIf(isThere || process.env['GAMEDAY_REQUIRE_TOOLS'] === '1')(
  'groff shows the manual page and warns of nothing',
  () => {
    // -cbou: the text alone, without overstriking.
    const { status, stdout, stderr } = spawnSync('groff', ['-k', '-ww', '-man', '-Tutf8', '-P-cbou', PAGE], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const heading of ['NAME', 'SYNOPSIS', 'COMMANDS', 'EXIT STATUS']) expect(stdout).toContain(heading);
    expect(stdout).toContain('rehearse');
  },
);
