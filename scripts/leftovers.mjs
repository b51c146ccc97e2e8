// `leftovers.mjs MARK [--end]`: names the processes that carry MARK (a temporary folder made for one run) in their
// command, environment or working folder and still live after ten seconds; `--end` ends those. Exit 1 if there are any.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [mark, end] = process.argv.slice(2);
if (mark === undefined || mark.length < 8) {
  console.error('usage: leftovers.mjs MARK [--end]');
  process.exit(2);
}

function text(read) {
  try {
    return String(read());
  } catch {
    return '';
  }
}

function statOf(pid) {
  const stat = text(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent) };
}

function ancestors() {
  const found = new Set();
  for (let pid = process.pid; pid > 0 && !found.has(pid); pid = statOf(pid).parent || 0) found.add(pid);
  return found;
}

function marked() {
  const own = ancestors();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && !own.has(Number(name)))
    .map((pid) => ({
      pid,
      command: text(() => readFileSync(`/proc/${pid}/cmdline`))
        .replaceAll('\0', ' ')
        .trim(),
    }))
    .filter(({ pid, command }) => {
      // A zombie is dead; it only waits for a parent that does not ask.
      if (statOf(pid).state === 'Z') return false;
      const environment = text(() => readFileSync(`/proc/${pid}/environ`));
      return [command, environment, text(() => readlinkSync(`/proc/${pid}/cwd`))].some((held) =>
        held.includes(mark),
      );
    });
}

let left = marked();
for (let tries = 0; left.length > 0 && tries < 20; tries += 1) {
  await sleep(500);
  left = marked();
}
for (const { pid, command } of left) {
  console.log(`still running: ${pid} ${command.slice(0, 200)}`);
  if (end !== '--end') continue;
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
process.exitCode = left.length === 0 ? 0 : 1;
