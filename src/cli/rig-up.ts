import { startRig } from './rig-process.ts';
import type { RigProcess } from './rig-process.ts';
import type { Runner } from './runner.ts';
import { finishWith } from './way-out.ts';

export interface RigUpOptions {
  readonly file: string;
  readonly agent: string | undefined;
  readonly executor: string | undefined;
}

/** Keeps a rig running and prints how it is reached; it ends with a signal, and with it every worker. */
export async function rigUp(options: RigUpOptions, runner: Runner): Promise<void> {
  const { stderr } = runner.output;
  const controller = new AbortController();
  const wanted = new Promise<void>((resolve) => {
    const end = (): void => {
      controller.abort();
      resolve();
    };
    // Kept for good: a second Ctrl-C must not leave workers behind.
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    process.on('SIGHUP', end);
  });
  const rig = await started(options, runner, controller.signal);
  // A signal came while it started: that is how it ends.
  if (rig === null) return finishWith(0);
  // Printed as they are: whoever evaluates these lines needs the rig's own tokens, and they open nothing else.
  for (const [name, value] of Object.entries(rig.environment))
    process.stdout.write(`export ${name}=${quoted(value)}\n`);
  stderr.write('The rig runs. Evaluate these lines in another shell; Ctrl-C ends it.\n');
  await Promise.race([wanted, rig.ended]);
  const died = controller.signal.aborted ? null : rig.died();
  await rig.stop();
  if (died === null) return finishWith(0);
  stderr.write(`the rig ended by itself: ${died}\n`);
  finishWith(4);
}

async function started(
  options: RigUpOptions,
  runner: Runner,
  signal: AbortSignal,
): Promise<RigProcess | null> {
  try {
    return await startRig({ ...options, environment: runner.environment }, signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** For a POSIX shell. */
function quoted(value: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
