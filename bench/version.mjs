// `gameday --version` beside a bare oclif program: what our own start-up adds. Expected: under 1.3 times.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, ROOT, spread, times } from './measure.mjs';

function bareProgram(folder) {
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'commands'));
  const oclif = { bin: 'bare', dirname: 'bare', commands: './commands' };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'bare', version: '0.0.0', type: 'module', oclif }),
  );
  writeFileSync(join(folder, 'oclif.manifest.json'), JSON.stringify({ version: '0.0.0', commands: {} }));
  const bin = join(folder, 'run.js');
  writeFileSync(
    bin,
    "const { execute } = await import('@oclif/core');\nvoid execute({ dir: import.meta.url });\n",
  );
  return bin;
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bare-'));
  try {
    const bare = spread(await times([bareProgram(folder), '--version']), 'ms');
    const ours = spread(await times([BIN, '--version']), 'ms');
    return [
      `gameday --version: ${ours.text}`,
      `a bare oclif program: ${bare.text}`,
      `ratio ${(ours.median / bare.median).toFixed(2)}`,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
