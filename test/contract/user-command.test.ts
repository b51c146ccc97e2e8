import { afterAll, beforeAll, expect, test } from 'vitest';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUserCommand } from '../../src/user-command/client.ts';
import type { UserCommandOptions } from '../../src/user-command/client.ts';
import { fakeCommand } from '../support/fake-command.ts';
import { manualClock } from '../support/manual-clock.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { callOf, userCommandContract, type Deed } from './user-command.contract.ts';

const NODE = process.execPath;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-command-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** A client, and the lines that its command says. */
function running(over: Partial<UserCommandOptions> = {}) {
  const lines: string[] = [];
  const onLine = (line: string): void => void lines.push(line);
  const port = createUserCommand({
    environment: { PATH: process.env['PATH'] },
    now: Date.now,
    onLine,
    ...over,
  });
  return { port, lines };
}

function script(text: string, ...args: readonly string[]): readonly string[] {
  return [NODE, '-e', text, ...args];
}

const WORDS: Readonly<Record<Deed, readonly string[]>> = {
  'ends with 3': script('process.exit(3)'),
  'goes on': script('setTimeout(() => {}, 60_000)'),
  'is not there': ['./there-is-none'],
};

userCommandContract('the client', () => ({
  port: running().port,
  words: (deed) => WORDS[deed],
  pass: () => undefined,
}));

userCommandContract('the fake', () => {
  const clock = manualClock();
  const port = fakeCommand(clock);
  return {
    port,
    words(deed) {
      const message = 'there is no such program';
      port.refuses = deed === 'is not there' ? { kind: 'not-found', message, retryAfter: null } : null;
      if (deed === 'ends with 3') port.does = () => clock.at(clock.now() + 500, () => port.exit(3));
      return [deed];
    },
    pass: clock.pass,
  };
});

async function ended({ port }: ReturnType<typeof running>): Promise<void> {
  await until('the end of the command', async () => port.read()?.state === 'ended');
  await port.end('end-of-drill', 'SIGTERM');
}

test('words reach the command as they are: no shell reads them', async () => {
  const made = running();
  await made.port.start(
    callOf(script('console.log(JSON.stringify(process.argv.slice(1)))', '$HOME *', "it's")),
  );
  await ended(made);
  expect(made.lines).toEqual([JSON.stringify(['$HOME *', "it's"])]);
});

test('a file that may not be executed is not started', async () => {
  const file = join(folder, 'plain.sh');
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o644);
  const started = await running().port.start(callOf([file]));
  expect(started).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'denied' } });
});

test('a command that is deaf is killed after the grace, and with it what it started', async () => {
  const made = running({ grace: 300 });
  const child = `require('node:child_process').spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setTimeout(() => {}, 60000)', '${folder}/deaf'])`;
  await made.port.start(
    callOf(
      script(`process.on('SIGTERM', () => {}); ${child}; setTimeout(() => {}, 60000); console.log('up')`),
    ),
  );
  await until('its word', async () => made.lines.includes('up'));
  expect(await made.port.end('interruption', 'SIGTERM')).toMatchObject({
    signal: 'SIGKILL',
    endedBy: 'interruption',
  });
  expect(await processesWith(`${folder}/deaf`)).toEqual([]);
});

test('a process that is left behind with the output open is not waited for, and is ended', async () => {
  const made = running();
  const child = `require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', '${folder}/left'], { stdio: 'inherit' }).unref()`;
  await made.port.start(callOf(script(`${child}; console.log('done'); process.exit(0)`)));
  await until('the end of the command', async () => made.port.read()?.state === 'ended');
  // At once, and not only with the drill.
  await until('the end of what is left', async () => (await processesWith(`${folder}/left`)).length === 0);
  await made.port.end('end-of-drill', 'SIGTERM');
  expect(made.port.read()).toMatchObject({ exitCode: 0, endedBy: null, leftProcesses: true });
  expect(made.lines).toEqual(['done']);
});

test('a process that left the group and holds the output is not waited for', async () => {
  const made = running();
  const child = `require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', '${folder}/away'], { stdio: 'inherit', detached: true }).unref()`;
  await made.port.start(callOf(script(`${child}; console.log('done'); process.exit(0)`)));
  await ended(made);
  expect(made.port.read()).toMatchObject({ exitCode: 0, leftProcesses: false });
  const away = await processesWith(`${folder}/away`);
  expect(away).toHaveLength(1);
  for (const pid of away) process.kill(pid, 'SIGKILL');
});

test('both outputs come in lines, also where they come in pieces and the last one has no end', async () => {
  const made = running();
  await made.port.start(
    callOf(
      script(
        `process.stdout.write('a'); process.stdout.write('b\\r\\n1\\r2\\n'); process.stderr.write('c\\nd')`,
      ),
    ),
  );
  await ended(made);
  expect(made.lines.toSorted()).toEqual(['1', '2', 'ab', 'c', 'd']);
});

test('a private key comes whole, so that it can be known as one; a line without an end comes in pieces', async () => {
  const made = running();
  const key = ['-----BEGIN PRIVATE KEY-----', 'MIIE', '-----END PRIVATE KEY-----'];
  await made.port.start(
    callOf(
      script(`process.stdout.write(${JSON.stringify(`${key.join('\n')}\nnext\n${'word '.repeat(4_000)}`)})`),
    ),
  );
  await ended(made);
  expect(made.lines.slice(0, 2)).toEqual([key.join('\n'), 'next']);
  const long = made.lines.slice(2);
  expect(long.join('').trim()).toBe('word '.repeat(4_000).trim());
  expect(long.length).toBeGreaterThan(1);
  for (const piece of long) expect(piece.trim()).toMatch(/^(?:word ?)+$/);
});
