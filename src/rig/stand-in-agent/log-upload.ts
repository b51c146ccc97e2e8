import { gzipSync } from 'node:zlib';
import type { Api } from './api.ts';

const TRIES = 12;
const TRY_EVERY_MS = 1000;

/** Collects a job's output and sends it in numbered, gzipped pieces. */
export interface LogUpload {
  add(data: Buffer): void;
  /** Sends what is left; resolves with the number of pieces that could not be sent. */
  close(): Promise<number>;
}

/** Opens the upload of one job's log. */
export function openLog(
  api: Api,
  job: { readonly id: string; readonly token: string; readonly chunkBytes: number; readonly everyS: number },
): LogUpload {
  let waiting: Buffer[] = [];
  let sequence = 1;
  let offset = 0;
  let failed = 0;
  let last: Promise<void> = Promise.resolve();
  const flush = (): void => {
    const data = Buffer.concat(waiting);
    waiting = [];
    for (let at = 0; at < data.length; at += job.chunkBytes) {
      const piece = data.subarray(at, at + job.chunkBytes);
      const path = `/jobs/${job.id}/chunks?sequence=${sequence}&offset=${offset}&size=${piece.length}`;
      sequence += 1;
      offset += piece.length;
      const call = { method: 'POST', path, token: job.token, gzip: gzipSync(piece) } as const;
      last = last.then(async () => {
        const answer = await api.insist(call, TRIES, TRY_EVERY_MS);
        if (answer.status < 200 || answer.status >= 300) failed += 1;
      });
    }
  };
  const stopFlushing = api.every(job.everyS * 1000, flush);
  return {
    add: (data) => void waiting.push(data),
    close: async () => {
      stopFlushing();
      flush();
      await last;
      return failed;
    },
  };
}
