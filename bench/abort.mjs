// From Ctrl-C to the end of the process, of drills that wait, interrupted and resumed again and again.
// Expected: half a second at most.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, onRig, run, spread, start, until } from './measure.mjs';

const RUNS = 20;
const DRILLS = 2;

async function interrupted(args, said, { folder, env }) {
  const drill = start([BIN, ...args], { cwd: folder, env });
  await until(
    () => drill.stderr().includes(said) || drill.child.exitCode !== null,
    `"${said}"`,
    drill.stderr,
  );
  const since = performance.now();
  drill.child.kill('SIGINT');
  const { code, stdout, stderr } = await drill.ended;
  const took = performance.now() - since;
  if (code !== 130) throw new Error(`it ended with ${code}, not 130:\n${stdout}${stderr}`);
  return took;
}

/** One drill that waits for most of a minute, which is time for so many interruptions on a slow machine too. */
async function oneDrill(times) {
  return onRig({ pipeline: 'one-minute.yaml', inFlightFor: '55s', pollEvery: '300ms' }, async (rig) => {
    const took = [await interrupted(['run', 'drill.yaml', '--yes'], 'was created', rig)];
    const [id] = readdirSync(join(rig.folder, '.gameday'));
    while (took.length < times)
      took.push(await interrupted(['resume', id, '--yes'], 'another process goes on', rig));
    await run([BIN, 'abort', id, '--json'], { cwd: rig.folder, env: rig.env }).catch(() => undefined);
    const { ecs } = await rig.control('counts');
    return { took, stops: ecs.StopTask ?? 0 };
  });
}

export async function measure() {
  const drills = [];
  for (let n = 0; n < DRILLS; n += 1) drills.push(await oneDrill(RUNS / DRILLS));
  const took = drills.flatMap((drill) => drill.took);
  return [
    `SIGINT to the end of the process: ${spread(took, 'ms').text}`,
    `StopTask calls that it cost: ${drills.reduce((sum, { stops }) => sum + stops, 0)}`,
  ];
}
