import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { until } from './until.ts';

/** The version that .ci/run builds. */
const VERSION = 'v1.8.0';
const HOW = `go install github.com/versity/versitygw/cmd/versitygw@${VERSION}, then set GAMEDAY_S3_SERVER to it`;

/** The server of S3's protocol on this machine (versitygw), or null. */
export function s3Server(): string | null {
  const named = process.env['GAMEDAY_S3_SERVER'] ?? '';
  const cached = join(homedir(), '.cache', 'gameday', `versitygw-${VERSION}`, 'versitygw');
  return [named, cached].find((place) => place !== '' && existsSync(place)) ?? null;
}

/**
 * Whether tests on a real server of S3's protocol run. Without one they are reported as not run, with the reason; where tools
 * are required that fails.
 */
export function needsS3Server(): boolean {
  if (s3Server() !== null) return true;
  const reason = `there is no server of S3's protocol: ${HOW}`;
  if (process.env['GAMEDAY_REQUIRE_TOOLS'] === '1')
    test('a server of the protocol of S3 is there', () => {
      throw new Error(`GAMEDAY_REQUIRE_TOOLS=1, and ${reason}`);
    });
  else process.stderr.write(`not run: the tests on S3; ${reason}\n`);
  return false;
}

/** A running server with one bucket, `games`. */
export interface S3Server {
  readonly url: string;
  /** What a process needs to reach it with rights. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts one on loopback, on a folder of its own. The keys: of a process that has those of something else already. */
export async function startS3Server(
  user = 'gameday-test',
  secret = 'not-a-secret-of-anybody',
): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-s3-'));
  // Names of objects beside them, so that no file system with extended attributes is needed.
  const [data, names] = [join(folder, 'data'), join(folder, 'names')];
  await mkdir(join(data, 'games'), { recursive: true });
  await mkdir(names);
  const port = await freePort();
  const child = spawn(s3Server() ?? '', ['--port', `127.0.0.1:${String(port)}`, '--quiet', 'posix', data], {
    env: { ROOT_ACCESS_KEY: user, ROOT_SECRET_KEY: secret, PATH: process.env['PATH'] ?? '', HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const url = `http://127.0.0.1:${String(port)}`;
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until('the server of S3 answers', async () => {
      if (child.exitCode !== null) throw new Error(`the server of S3 ended: ${said}`);
      return fetch(url).then(
        () => true,
        () => false,
      );
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    environment: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_ACCESS_KEY_ID: user,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: 'us-east-1',
    },
    close,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
