import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';

import type { ContainerProcess, Executor, Exit, ProcessSpec, SignalName } from './executor.ts';
import { runProbe } from './probe.ts';
import { carrying, descending, isDead, sendSignal } from './procfs.ts';

const markName = 'GAMEDAY_RIG_WORKER';

/**
 * Outlives a rig that was killed: it learns of containers as `+pid` and `-pid`, and at the end of its input kills what
 * descends from those that are left. In sh, so that it starts where no PID namespaces do (macOS).
 */
const guardScript = `
trap '' INT TERM HUP
left=' '
while read -r line; do
  case $line in
    +*) left="$left\${line#+} " ;;
    -*) p=\${line#-}; left="\${left%% $p *} \${left#* $p }" ;;
  esac
done
[ -z "\${left# }" ] && exit 0
tree=$(ps -A -o pid= -o ppid= -o pgid= | awk -v roots="$left" '
  BEGIN { n = split(roots, r, " "); for (i = 1; i <= n; i++) want[r[i]] = 1 }
  { parent[$1] = $2; group[$1] = $3 }
  END { do { more = 0; for (p in parent) if (!(p in want) && (parent[p] in want || group[p] in want)) { want[p] = 1; more = 1 } } while (more)
        for (p in want) print p }')
kill -KILL $tree 2>/dev/null
`;

function startGuard(): ChildProcess {
  const guard = spawn('sh', ['-c', guardScript], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.stdin?.on('error', () => undefined);
  return guard;
}

/** The executor without PID 1 semantics: each container is a process group; for machines without PID namespaces. */
export function createProcessExecutor(): Executor {
  const guard = startGuard();
  const running = new Set<ContainerProcess>();

  async function start(spec: ProcessSpec): Promise<ContainerProcess> {
    const mark = randomBytes(8).toString('hex');
    const child = spawnGroup(spec, mark);
    const pid = child.pid ?? -1;
    guard.stdin?.write(`+${pid}\n`);
    const exited = exitOf(child, mark).then((exit) => {
      guard.stdin?.write(`-${pid}\n`);
      return exit;
    });
    const execute: ContainerProcess['execute'] = (argv, timeoutMs) =>
      runProbe(argv, spec, timeoutMs, (probe, isOver) => {
        guard.stdin?.write(`${isOver ? '-' : '+'}${probe}\n`);
      });
    const started = { ...containerProcess(pid, mark, exited), execute };
    running.add(started);
    void exited.then(() => running.delete(started));
    return Promise.resolve(started);
  }

  async function close(): Promise<void> {
    const left = [...running];
    for (const each of left) for (const pid of each.processes()) sendSignal(pid, 'SIGKILL');
    await Promise.all(left.map((each) => each.exited));
    await new Promise<void>((resolve) => {
      guard.once('exit', () => {
        resolve();
      });
      guard.stdin?.end();
      if (guard.exitCode !== null || guard.signalCode !== null) resolve();
    });
  }

  return { kind: 'process', pid1: false, start, close };
}

function spawnGroup(spec: ProcessSpec, mark: string): ChildProcess {
  const output = openSync(spec.outputFile, 'a', 0o600);
  try {
    return spawn(spec.argv[0] ?? '', spec.argv.slice(1), {
      cwd: spec.directory,
      env: { ...spec.environment, [markName]: mark },
      detached: true,
      stdio: ['ignore', output, output],
    });
  } finally {
    closeSync(output);
  }
}

function exitOf(child: ChildProcess, mark: string): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve({ code: 127, at: Date.now() });
    });
    child.once('exit', (code, signal) => {
      const at = Date.now();
      killRemains(child.pid ?? -1, mark);
      resolve({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), at });
    });
  });
}

/** A container ends with its main process: what that one left behind is killed, also outside its group. */
function killRemains(pid: number, mark: string): void {
  if (pid > 0) sendSignal(-pid, 'SIGKILL');
  for (const other of carrying(`${markName}=${mark}`)) sendSignal(other, 'SIGKILL');
}

function containerProcess(pid: number, mark: string, exited: Promise<Exit>): ContainerProcess {
  let over = pid < 0;
  void exited.then(() => {
    over = true;
  });

  function processes(): readonly number[] {
    if (over) return [];
    return [...new Set([...descending(pid), ...carrying(`${markName}=${mark}`)])];
  }

  function signal(name: SignalName): boolean {
    if (over || isDead(pid)) return false;
    // SIGKILL to a real PID 1 takes its namespace along; here the tree has to be killed by hand.
    const targets = name === 'SIGKILL' ? processes() : [];
    const sent = sendSignal(pid, name);
    for (const each of targets) sendSignal(each, 'SIGKILL');
    return sent;
  }

  return { pid, exited, signal, processes };
}
