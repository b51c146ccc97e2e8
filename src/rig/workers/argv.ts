import type { Machine } from './machine.ts';

/**
 * A small init for machines without tini: it forwards signals to its direct child only and leaves with that child's
 * code, as `docker run --init` does. Signals that come before the child exists are kept for it.
 */
const initScript = `c=; p=
f() { if [ -n "$c" ]; then kill -"$1" "$c" 2>/dev/null; else p="$p $1"; fi; }
for s in HUP INT QUIT TERM USR1 USR2; do trap "f $s" $s; done
"$@" & c=$!
for s in $p; do kill -"$s" "$c" 2>/dev/null; done
while :; do wait "$c"; r=$?; kill -0 "$c" 2>/dev/null || exit "$r"; done`;

/** Puts an init in front of a command line. */
export function withInit(machine: Machine, argv: readonly string[]): readonly string[] {
  if (machine.tini !== undefined) return [machine.tini, '--', ...argv];
  const reset = machine.namespaces?.resetsSignals === true ? ['env', '--default-signal=INT,QUIT'] : [];
  return ['sh', '-c', initScript, 'init', ...reset, ...argv];
}

/**
 * Makes `sh -c CMD` behave as under dash on machines whose sh replaces itself by CMD: the images of the shell form that
 * people lose jobs with are Debian's, and the rig is to show that loss everywhere.
 */
export function withDashShell(machine: Machine, argv: readonly string[]): readonly string[] {
  const [shell = '', option = '', command = '', ...rest] = argv;
  if (machine.shell === 'dash' || !/^(\/bin\/|\/usr\/bin\/)?sh$/.test(shell) || !/^-[a-z]*c$/.test(option))
    return argv;
  if (machine.dash !== undefined) return [machine.dash, option, command, ...rest];
  return [shell, option, `${command}; exit $?`, ...rest];
}
