// One drill that waits: its memory, and how soon it is gone after Ctrl-C. Expected of the latter: half a second.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, onRig, run, spread, start, until } from './measure.mjs';

const RUNS = 5;

function residentMiB(pid) {
  const [, kB] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kB) / 1024;
}

export async function measure() {
  return onRig({ pipeline: 'one-minute.yaml', inFlightFor: '40s', pollEvery: '300ms' }, async (rig) => {
    const [memory, latency] = [[], []];
    for (let index = 0; index < RUNS; index += 1) {
      const drill = start([BIN, 'run', 'drill.yaml', '--yes'], { cwd: rig.folder, env: rig.env });
      await until(() => drill.stderr().includes('was created'), 'its build', drill.stderr);
      memory.push(residentMiB(drill.child.pid));
      const since = performance.now();
      drill.child.kill('SIGINT');
      const { code } = await drill.ended;
      if (code !== 130) throw new Error(`it ended with ${code}, not 130`);
      latency.push(performance.now() - since);
      // Its build would refuse the next drill.
      const id = readdirSync(join(rig.folder, '.gameday')).sort().at(-1);
      await run([BIN, 'abort', id, '--json'], { cwd: rig.folder, env: rig.env }).catch(() => undefined);
    }
    return [
      `memory of one waiting drill: ${spread(memory, 'MiB').text}`,
      `SIGINT to the end of the process: ${spread(latency, 'ms').text}`,
    ];
  });
}
