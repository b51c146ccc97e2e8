import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { GameDayDocument } from '../../src/verdict/result.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** A started `gameday`. */
export interface Cli {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when it ended and its streams are closed; `signal` where one killed it. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Resolves when stderr or stdout holds the text; rejects when it ends without. */
  said(text: string): Promise<void>;
}

/** What a finished `gameday` gave. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Only what a program needs to run: nothing of the developer's own settings reaches a test. */
export function cleanEnvironment(over: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = '', TMPDIR } = process.env;
  return { PATH, HOME: '/nonexistent', ...(TMPDIR === undefined ? {} : { TMPDIR }), ...over };
}

/** Starts `gameday` with these arguments in a folder. */
export function startCli(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  node: readonly string[] = [],
): Cli {
  const child = spawn(process.execPath, [...node, BIN, ...args], {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  const ended = new Promise<Awaited<Cli['ended']>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    ...{ child, ended, stdout: () => out, stderr: () => err },
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (out.includes(text) || err.includes(text)) resolve();
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        look();
        void ended.then(() => reject(new Error(`it ended without saying "${text}":\n${out}\n${err}`)));
      }),
  };
}

/** Runs `gameday` to its end. */
export async function cli(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const started = startCli(args, cwd, env);
  const { code } = await started.ended;
  return { code, stdout: started.stdout(), stderr: started.stderr() };
}

/** The one document on stdout, by its schema. */
export function documentIn(stdout: string): GameDayDocument {
  return GameDayDocument.parse(JSON.parse(stdout));
}

/** The lines that `gameday rig up` prints, as an environment. */
export function exportsIn(stdout: string): Record<string, string> {
  const pairs = [...stdout.matchAll(/^export ([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    unquoted(value),
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

function unquoted(value: string): string {
  return value.startsWith("'") ? value.slice(1, -1).replaceAll(`'\\''`, "'") : value;
}
