import { readdir, readFile } from 'node:fs/promises';

/** Pids of the processes on whose command line (or in whose environment) the text stands (Linux). */
export async function processesWith(
  text: string,
  where: 'cmdline' | 'environ' = 'cmdline',
): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/${where}`, 'utf8').catch(() => '');
      return line.includes(text) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
