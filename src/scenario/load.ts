import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Scenario } from './schema.ts';
import type { InputError } from './problem.ts';
import { imageConfigIn } from '../worker/image-config.ts';
import { lookupIn } from './interpolate.ts';
import type { Lookup } from './interpolate.ts';
import type { Hook } from '../model/entities/notice.ts';
import { readScenario } from './read.ts';
import type { Reading } from './read.ts';
import { findShipped, listShipped } from './shipped.ts';
import { findClosest } from '../model/suggest.ts';
import { findableIn, secretsInAddresses, unmarkedIn, withoutSecretValues } from './unmarked.ts';

/** A scenario that can be drilled. */
export interface LoadedScenario {
  /** The path as the user gave it; that of a shipped scenario where a name was given. */
  readonly file: string;
  readonly scenario: Scenario;
  /** SHA-256 of the resolved scenario without its secrets. */
  readonly digest: string;
  /** Who is told of the drill, with their addresses, in the order of `scenario.notify`. */
  readonly hooks: readonly Hook[];
  /** Values that must never be shown or written. */
  readonly secrets: readonly string[];
  /** Variables of `build.env` that look like secrets and are not marked so. */
  readonly unmarked: readonly string[];
}

/** All scenarios, or everything that is wrong with any of them. */
export interface Loaded {
  readonly scenarios: readonly LoadedScenario[];
  readonly errors: readonly InputError[];
}

const LARGEST = 1024 * 1024;
const TOO_LARGE = 'Give the file of one drill: it has some kilobytes.';

/** Reads, interpolates and validates scenario files, or shipped ones by `@NAME`, before any service is contacted; returns all errors of all files at once. */
export async function loadScenarios(
  files: readonly string[],
  variables: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Loaded> {
  const lookup = lookupIn(variables, environment);
  const loaded = await Promise.all(files.map((file) => loadScenario(file, lookup)));
  return {
    scenarios: loaded.flatMap(({ scenarios }) => scenarios),
    errors: loaded.flatMap(({ errors }) => errors),
  };
}

/**
 * SHA-256 of a scenario; the order of its keys does not matter. Keys that are younger than the first journals count where they
 * are not at their defaults: else no drill of an older gameday could be taken up.
 */
export function digestOf(scenario: Scenario): string {
  const { follow, ...build } = scenario.build;
  const { settled, mark, drillsAtOnce, ...safety } = scenario.safety;
  const { touched, worker, ...expect } = scenario.expect;
  const containers = Object.entries(expect.containers).map(([name, { flushed, ...container }]) => [
    name,
    { ...container, ...(flushed !== null && { flushed }) },
  ]);
  const { notify, ...oldest } = scenario;
  const older = {
    ...oldest,
    ...(notify.length > 0 && { notify }),
    build: { ...build, ...(follow !== 'none' && { follow }) },
    expect: {
      ...expect,
      containers: Object.fromEntries(containers) as unknown,
      ...(touched !== 'all' && { touched }),
      ...(worker !== 'drains' && { worker }),
    },
    safety: {
      ...safety,
      ...(settled !== 'wait' && { settled }),
      ...(mark !== 'on' && { mark }),
      ...(drillsAtOnce !== 1 && { drillsAtOnce }),
    },
  };
  return createHash('sha256').update(toCanonicalJson(older)).digest('hex');
}

async function loadScenario(given: string, lookup: Lookup): Promise<Loaded> {
  const file = given.startsWith('@') ? await findShipped(given) : given;
  if (typeof file !== 'string') return { scenarios: [], errors: [{ at: given, ...file }] };
  const read = await readText(file, 'a scenario file');
  if (typeof read !== 'string') return { scenarios: [], errors: [{ at: file, ...read }] };
  const reading = readScenario(read, lookup);
  const errors = reading.problems.map(({ offset, message, next }) => ({
    at: `${file}:${reading.position(offset)}`,
    message,
    next,
  }));
  if (reading.scenario === null) return { scenarios: [], errors };
  const scenario = withAbsolutePaths(reading.scenario, dirname(resolve(file)));
  const rigError = await checkRig(scenario, file, reading);
  if (rigError !== null) return { scenarios: [], errors: [rigError] };
  const image = await readImageConfig(reading, file);
  if ('message' in image) return { scenarios: [], errors: [image] };
  const whole = { ...scenario, cluster: { ...scenario.cluster, ...image } };
  const unmarked = unmarkedIn(whole);
  const { hooks } = reading;
  const ofHooks = hooks.flatMap(({ url, secret }) => (secret === null ? [url] : [url, secret]));
  const secrets = [
    ...reading.secrets,
    ...ofHooks,
    ...findableIn(whole, unmarked),
    ...secretsInAddresses(whole),
  ];
  const digest = digestOf(withoutSecretValues(whole, [...whole.secrets, ...unmarked], secrets));
  return { scenarios: [{ file, scenario: whole, digest, hooks, secrets, unmarked }], errors: [] };
}

type Unreadable = Pick<InputError, 'message' | 'next'>;

async function readText(file: string, what: string): Promise<string | Unreadable> {
  try {
    const info = await stat(file);
    if (info.isDirectory()) return { message: `is a folder, not ${what}`, next: 'Name the files in it.' };
    if (!info.isFile())
      return { message: 'is a device, a pipe or a socket, not a file', next: `Give ${what}.` };
    if (info.size > LARGEST)
      return { message: `is larger than 1 MB, the limit for ${what}`, next: TOO_LARGE };
    return textOf(await bytesOf(file));
  } catch (error) {
    return explainUnreadable(error, await findNearFile(file));
  }
}

/** Reads no more than is allowed, also where the file grew since it was looked at. */
async function bytesOf(file: string): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const buffer = new Uint8Array(LARGEST + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } finally {
    await handle.close();
  }
}

function textOf(bytes: Uint8Array): string | Unreadable {
  const binary = { message: 'is not a text file in UTF-8', next: 'Give a text file: a scenario is YAML.' };
  if (bytes.length > LARGEST)
    return { message: 'is larger than 1 MB, the limit for a scenario file', next: TOO_LARGE };
  if (bytes.includes(0)) return binary;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return binary;
  }
}

/** The file of the same folder, or the shipped scenario, that was most likely meant; null where none is near. */
async function findNearFile(file: string): Promise<string | null> {
  const beside = await readdir(dirname(file)).catch(() => []);
  const near = findClosest(basename(file), beside);
  if (near !== null || dirname(file) !== '.') return near === null ? null : join(dirname(file), near);
  const shipped = [...(await listShipped()).keys()];
  const name = findClosest(basename(file, extname(file)), shipped);
  return name === null ? null : `@${name}`;
}

function explainUnreadable(error: unknown, near: string | null = null): Unreadable {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return {
        message: 'there is no such file',
        next: near === null ? 'Check the path.' : `Did you mean ${near}?`,
      };
    case 'EACCES':
    case 'EPERM':
      return { message: 'cannot be read: no permission', next: 'Check its permissions.' };
    case '':
      throw error;
    default:
      return { message: `cannot be read (${code})`, next: 'Look at the file and its disk.' };
  }
}

function withAbsolutePaths(scenario: Scenario, folder: string): Scenario {
  const absolute = (path: string): string => resolve(folder, path);
  const { safety } = scenario;
  return {
    ...scenario,
    rig: scenario.rig === null ? null : absolute(scenario.rig),
    safety: {
      ...safety,
      killSwitch: safety.killSwitch === null ? null : absolute(safety.killSwitch),
      haltWhen: safety.haltWhen.map((halt) =>
        halt.file === undefined ? halt : { ...halt, file: absolute(halt.file) },
      ),
    },
  };
}

async function checkRig(scenario: Scenario, file: string, reading: Reading): Promise<InputError | null> {
  if (scenario.rig === null) return null;
  const wrong = await explainWrongRig(scenario.rig);
  if (wrong === null) return null;
  const at = `${file}:${reading.position(reading.valueOffset(['rig']))}`;
  return { at, message: `rig: ${wrong}`, next: 'The path is relative to the scenario file.' };
}

async function readImageConfig(
  reading: Reading,
  file: string,
): Promise<Pick<Scenario['cluster'], 'imageConfig'> | InputError> {
  if (reading.imageConfig === null) return { imageConfig: null };
  const at = `${file}:${reading.position(reading.valueOffset(['cluster', 'imageConfig']))}`;
  const text = await readText(
    resolve(dirname(resolve(file)), reading.imageConfig),
    "an image's configuration",
  );
  if (typeof text !== 'string')
    return {
      at,
      message: `cluster.imageConfig: ${text.message}`,
      next: 'The path is relative to the scenario file.',
    };
  const imageConfig = imageConfigIn(parseJsonOrNull(text));
  if (imageConfig !== null) return { imageConfig };
  return {
    at,
    message: "cluster.imageConfig: this is not an image's configuration",
    next: 'Give what `docker image inspect IMAGE` prints.',
  };
}

function parseJsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function explainWrongRig(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isFile() ? null : 'is not a file';
  } catch (error) {
    return explainUnreadable(error).message;
  }
}

function toCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${toCanonicalJson(item)}`).join(',')}}`;
}
