// Kill and resume: at how many lines of its journal a runner died by SIGKILL, and how often the resumed drill had the
// verdict of the uninterrupted one with one StopTask that landed. Every third line; GAMEDAY_BENCH_EVERY=1 takes each.
// Expected: all of them, but for a kill before the first line was whole, which leaves nothing to resume.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, onRig, ROOT, start } from './measure.mjs';

const EVERY = Number(process.env.GAMEDAY_BENCH_EVERY ?? '3');
const PRELOAD = join(ROOT, 'test', 'long', 'support', 'kill-at.mjs');
/** Drills that one rig is asked for: more would use up the points that Buildkite grants a token in five minutes. */
const EACH = 6;
/** The service is not settled yet after the drill before. */
const NOT_YET = new Set(['blast-radius', 'lock-held', 'not-allowed']);

function journalOf(folder, drill) {
  const text = readFileSync(join(folder, '.gameday', drill, 'journal.jsonl'), 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
}

async function killed(at, { folder, env }) {
  for (;;) {
    const before = new Set(
      readdirSync(folder).includes('.gameday') ? readdirSync(join(folder, '.gameday')) : [],
    );
    const args = ['--import', PRELOAD, BIN, 'run', 'drill.yaml', '--yes', '--json'];
    const run = start(args, { cwd: folder, env: { ...env, GAMEDAY_TEST_KILL_AT: at } });
    const { code, stdout } = await run.ended;
    const drill = readdirSync(join(folder, '.gameday')).find((id) => !before.has(id));
    if (code === null) return { drill, document: null };
    const document = JSON.parse(stdout);
    if (!NOT_YET.has(document.reason)) return { drill, document };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function survival(at, rig) {
  const { folder, env, control } = rig;
  const { drill, document } = await killed(at, rig);
  const left = journalOf(folder, drill).length;
  const ended =
    document ??
    JSON.parse((await start([BIN, 'resume', drill, '--yes', '--json'], { cwd: folder, env }).ended).stdout);
  const events = journalOf(folder, drill).map((line) => JSON.parse(line));
  const targets = events
    .filter(({ code }) => code === 'GD_FAULT_INTENDED')
    .map(({ payload }) => payload.call.taskArn);
  const { stopTaskLanded } = await control('counts');
  const landed = [...new Set(targets)].reduce((sum, arn) => sum + (stopTaskLanded[arn] ?? 0), 0);
  return { at, left: document === null ? left : null, lines: left, reason: ended.reason, landed };
}

async function onOneRig(kills) {
  return onRig({ pipeline: 'eight-seconds.yaml', inFlightFor: '300ms', pollEvery: '300ms' }, async (rig) => {
    const all = [];
    for (const at of kills) all.push(await survival(at, rig));
    return all;
  });
}

export async function measure() {
  const [whole] = await onOneRig(['after:9999']);
  const lines = Array.from({ length: whole.lines }, (_none, index) => index + 1).filter(
    (n) => n % EVERY === 0,
  );
  const kills = [
    'half:1',
    ...lines.map((n) => `${n % 2 === 0 ? 'half' : 'before'}:${n}`),
    'half:GD_FAULT_INTENDED',
    'half:GD_FAULT_SENT',
  ];
  const all = [];
  for (let from = 0; from < kills.length; from += EACH)
    all.push(...(await onOneRig(kills.slice(from, from + EACH))));
  const died = all.filter(({ left }) => left !== null);
  const resumed = died.filter(({ left }) => left > 0);
  const equal = resumed.filter(({ reason, landed }) => reason === whole.reason && landed === 1);
  const other = resumed.filter((one) => !equal.includes(one));
  return [
    `uninterrupted: ${whole.reason}, ${whole.lines} lines, StopTask landed ${whole.landed} time(s)`,
    `killed at ${died.length} places, ${died.length - resumed.length} of them before the first line was whole`,
    `the same verdict and one StopTask: ${equal.length} of ${resumed.length}`,
    ...other.map(({ at, reason, landed }) => `otherwise: ${at}: ${reason}, landed ${landed}`),
  ];
}
