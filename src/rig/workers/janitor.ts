import { spawn } from 'node:child_process';

/**
 * Cleans up when the rig is gone, also when it was killed and can do nothing itself: whatever still has its home in the
 * folder is killed (a worker whose rig died in the very moment of its start has no parent-death signal yet), then the
 * folder is removed.
 */
const janitorScript = `trap '' INT TERM HUP
cat >/dev/null
for pause in 0 0.2 1; do
  sleep $pause
  for file in $(grep -lzs "^HOME=$1/" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -KILL "\${pid%/environ}" 2>/dev/null
  done
  rm -rf "$1" 2>/dev/null
  [ -e "$1" ] || exit 0
done`;

/** Puts a janitor behind a folder; it is told of the rig's end by the end of its input. */
export function hireJanitor(folder: string): { dismiss(): Promise<void> } {
  const janitor = spawn('sh', ['-c', janitorScript, 'janitor', folder], {
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
      janitor.stdin.end();
      return gone;
    },
  };
}
