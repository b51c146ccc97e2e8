import { measureStopWindow, type StopWindow, type AgentStop } from '../worker/stop-window.ts';
import { readNamedLaunch, type Launch, type LaunchType } from '../worker/launch.ts';
import type { Path } from '../preflight/json.ts';
import type { Container, Subject } from '../preflight/subject.ts';
import { signalOf } from './signal.ts';
import type { Signal } from './signal.ts';

/** The time that an agent has to finish its job, and where it comes from. All times are milliseconds. */
export interface Window {
  readonly container: string;
  readonly launchType: LaunchType;
  /** Time from the agent's signal to its SIGKILL, at least: granted by `stopTimeout`, its default and the platform. */
  readonly granted: number;
  /** Time for which the job may go on after the signal: T. Equals the granted time, or 0 if the signal cuts the job off. */
  readonly drain: number;
  /** Time that may pass before the agent is signalled: containers that depend on it stop first, each within its own time. */
  readonly before: number;
  /** Time from the stop to the end of the last container, at most. */
  readonly wholeStop: number;
  /** The largest possible `stopTimeout`; null where there is no limit. */
  readonly ceiling: number | null;
  readonly signal: Signal;
  readonly notes: readonly string[];
}

/** Values from flags, which override the definition; null leaves a value to the definition. */
export interface Asked {
  readonly launchType: LaunchType | null;
  /** Milliseconds. */
  readonly stopTimeout: number | null;
  readonly signal: Signal | null;
}

/** The drain window of the agent, from its definition, the stop chain and the launch type. */
export function windowOf(subject: Subject, asked: Asked): Window {
  const { name } = subject.agent;
  const launchType = asked.launchType ?? launchTypeOf(subject.worker.launch);
  const signal = asked.signal ?? signalOf(subject);
  const stopTimeout = asked.stopTimeout ?? subject.agent.stopTimeout;
  const containers = subject.worker.containers.map((one) =>
    one.name === name ? { ...one, stopTimeout } : one,
  );
  const launch = readNamedLaunch(launchType);
  const stop = measureStopWindow(containers, name, launch);
  const ends = measureStopWindow(containers, name, launch, signal === 'fatal');
  return {
    container: name,
    ...makeWindow(launchType, signal, stop.agent, ends),
    notes: [
      ...(stopTimeout === null ? [sayNoTimeout(launchType)] : []),
      ...(asked.signal === null ? hintsOf(subject, signal) : []),
      ...noteChain(name, stop.agent.signalled, ends),
    ],
  };
}

/** The window of an agent without a task definition: from the flags, for an agent alone in its task. */
export function windowAlone({ launchType, stopTimeout, signal }: Asked): Omit<Window, 'container'> {
  const type = launchType ?? 'FARGATE';
  const launch = readNamedLaunch(type);
  const alone = [{ ...NOTHING_KNOWN, stopTimeout }];
  const stop = measureStopWindow(alone, NOTHING_KNOWN.name, launch);
  const ends = measureStopWindow(alone, NOTHING_KNOWN.name, launch, signal === 'fatal');
  const notes = [
    `no task definition was given: an agent${signal === null ? ' that hears its stop' : ''} without another container is assumed`,
    ...(stopTimeout === null ? [sayNoTimeout(type)] : []),
  ];
  return { ...makeWindow(type, signal ?? 'heard', stop.agent, ends), notes };
}

const NOTHING_KNOWN = {
  ...{ name: 'agent', image: null, essential: true, initProcess: false, environment: {} },
  ...{ entryPoint: [], command: [], dependsOn: [] },
};

function makeWindow(
  launchType: LaunchType,
  signal: Signal,
  { granted, signalled, ceiling }: AgentStop,
  { ms, limit }: StopWindow,
): Omit<Window, 'container' | 'notes'> {
  const atMost = limit ?? Infinity;
  return {
    ...{ launchType, signal, granted, ceiling },
    drain: signal === 'fatal' ? 0 : granted,
    before: Math.min(signalled, atMost),
    wholeStop: Math.min(ms, atMost),
  };
}

/** The launch type of service or definition; the stricter one where both are possible. */
function launchTypeOf({ kind, spot }: Launch): LaunchType {
  if (kind === 'ec2') return 'EC2';
  if (kind === 'external') return 'EXTERNAL';
  return spot === true ? 'FARGATE_SPOT' : 'FARGATE';
}

/** A definition that ECS would refuse: place, message, and what to do. */
export interface Refused {
  readonly path: Path;
  readonly message: string;
  readonly next: string;
}

/** The mistake in the stop order, null where there is none: a circle of dependencies could never be stopped. */
export function disorderOf({ agent, sidecars }: Subject): Refused | null {
  const all = [agent, ...sidecars];
  for (const { name, path, dependsOn } of all) {
    const at = [...path, 'dependsOn'];
    const unknown = dependsOn.find((on) => !all.some((one) => one.name === on));
    if (unknown !== undefined) {
      const message = `"${name}" depends on "${unknown}", which is not a container of the definition`;
      return { path: at, message, next: 'Name a container of the definition.' };
    }
    if (dependsOn.some((on) => hasPathTo(all, on, name, new Set()))) {
      const message = `"${name}" depends on itself, directly or through others`;
      return { path: at, message, next: 'Take one dependency out.' };
    }
  }
  return null;
}

function hasPathTo(all: readonly Container[], from: string, to: string, been: Set<string>): boolean {
  if (from === to) return true;
  if (been.has(from)) return false;
  been.add(from);
  const next = all.find(({ name }) => name === from)?.dependsOn ?? [];
  return next.some((on) => hasPathTo(all, on, to, been));
}

function sayNoTimeout(launchType: LaunchType): string {
  return launchType.startsWith('EC2') || launchType === 'EXTERNAL'
    ? "no stopTimeout: 30 s, unless the host's ECS_CONTAINER_STOP_TIMEOUT says otherwise, which no API shows"
    : "no stopTimeout: ECS's 30 s";
}

/** Notes on how the agent's start was read. */
function hintsOf({ agent, settings }: Subject, signal: Signal): readonly string[] {
  const { shell, scriptFile, commandLine } = agent.start;
  const notes: string[] = [];
  if (signal !== 'heard')
    notes.push(
      `${signal === 'eaten' ? 'the agent does not get the stop signal' : 'the signal cuts the job off'}: gameday preflight says why${shell?.kind === 'unknown' ? `; ${shell.name} is assumed to be dash (give --signal heard if a drill shows otherwise)` : ''}`,
    );
  else if (scriptFile !== null || !commandLine.isKnown)
    notes.push(
      `how ${scriptFile ?? `the image ${agent.image ?? 'of the agent'}`} starts the agent is not in the documents: it is assumed to hear its stop (--image-config, --signal)`,
    );
  if (signal === 'eaten' && settings.get('disconnect-after-job') !== null)
    notes.push(
      'with --disconnect-after-job the agent exits after its job, stopped or not: a stop loses at most what is forecast here',
    );
  return notes;
}

function noteChain(container: string, before: number, { ms, limit }: StopWindow): readonly string[] {
  const notes: string[] = [];
  if (before > 0)
    notes.push(
      `containers that depend on "${container}" stop first: the agent may take jobs for up to ${before / 1000} s more before it is signalled`,
    );
  if (limit !== null && ms > limit)
    notes.push(`the stop chain takes up to ${ms / 1000} s; a spot reclaim leaves two minutes`);
  return notes;
}
