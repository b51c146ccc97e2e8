import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../../dist/rig/main.js', import.meta.url));
const Message = z.union([
  z.object({ environment: z.record(z.string(), z.string()) }),
  z.object({ error: z.string(), kind: z.string() }),
]);

/** A built rig in a process of its own. */
export interface ForkedRig {
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it and waits until it is gone. */
  close(): Promise<void>;
}

/** Forks `dist/rig/main.js` with a rig file and waits until its first workers run. */
export async function forkRig(file: URL, args: readonly string[] = []): Promise<ForkedRig> {
  const child = fork(MAIN, [fileURLToPath(file), ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const message = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the rig ended with ${String(code)}`)));
  });
  const parsed = Message.parse(message);
  if ('error' in parsed) {
    await gone;
    throw new Error(parsed.error);
  }
  return {
    environment: parsed.environment,
    close: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
