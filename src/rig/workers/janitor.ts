import { spawn } from 'node:child_process';

import { rigLabel, rigVariable } from './container-engine.ts';

/**
 * Cleans up when the rig is gone, also when it was killed and can do nothing itself: whatever still has its home in the
 * folder is killed (a worker whose rig died in the very moment of its start has no parent-death signal yet), then the
 * folder is removed. Where workers are containers, the calls under way are ended and what carries the rig's label is
 * removed; it looks again, for an engine finishes what it has begun.
 */
const janitorScript = `trap '' INT TERM HUP
told=$(cat)
for pause in 0 0.2 1 2; do
  sleep $pause
  for file in $(grep -lzs -e "^HOME=$1/" -e "^${rigVariable}=$1$" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}" 2>/dev/null
  done
  [ -z "$2" ] || for id in $("$2" ps --all --quiet --filter "label=${rigLabel}=$1" 2>/dev/null); do
    "$2" rm --force --volumes "$id" >/dev/null 2>&1
  done
  rm -rf "$1" 2>/dev/null
  [ -z "$2" ] || [ -n "$told" ] || continue
  [ -e "$1" ] || exit 0
done`;

/**
 * Puts a janitor behind a folder, and behind the containers of an engine's command line; it is told of the rig's end by
 * the end of its input, with a word in it where the rig came to that end by itself.
 */
export function hireJanitor(folder: string, engine = ''): { dismiss(): Promise<void> } {
  const janitor = spawn('sh', ['-c', janitorScript, 'janitor', folder, engine], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  janitor.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    janitor.once('error', () => {
      resolve();
    });
    janitor.once('exit', () => {
      resolve();
    });
  });
  return {
    dismiss: () => {
      janitor.stdin.end('closed');
      return gone;
    },
  };
}
