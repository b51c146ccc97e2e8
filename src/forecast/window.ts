import { stopWindow, type StopWindow, type AgentStop } from '../worker/stop-window.ts';
import { launchNamed, type Launch, type LaunchType } from '../worker/launch.ts';
import type { Path } from '../preflight/json.ts';
import type { Container, Subject } from '../preflight/subject.ts';
import { signalOf } from './signal.ts';
import type { Signal } from './signal.ts';

/** How long an agent has to finish its job, and why. All times are milliseconds. */
export interface Window {
  readonly container: string;
  readonly launchType: LaunchType;
  /** From the agent's signal to its SIGKILL, at least: what `stopTimeout`, its default and the platform grant. */
  readonly granted: number;
  /** How long its job may go on after the signal: T. What is granted, or nothing where the signal cuts the job off. */
  readonly drain: number;
  /** What may pass before the agent is signaled: containers that depend on it stop first, each up to its own time. */
  readonly before: number;
  /** From the stop to the end of the last container, at most. */
  readonly wholeStop: number;
  /** The largest `stopTimeout` that can be had; null where there is no ceiling. */
  readonly ceiling: number | null;
  readonly signal: Signal;
  readonly notes: readonly string[];
}

/** What a person asks for, whatever the definition says; null leaves it to the definition. */
export interface Asked {
  readonly launchType: LaunchType | null;
  /** Milliseconds. */
  readonly stopTimeout: number | null;
  readonly signal: Signal | null;
}

/** The drain window of the agent, from its definition, the stop chain and what the tasks run on. */
export function windowOf(subject: Subject, asked: Asked): Window {
  const { name } = subject.agent;
  const launchType = asked.launchType ?? launchTypeOf(subject.worker.launch);
  const signal = asked.signal ?? signalOf(subject);
  const stopTimeout = asked.stopTimeout ?? subject.agent.stopTimeout;
  const containers = subject.worker.containers.map((one) =>
    one.name === name ? { ...one, stopTimeout } : one,
  );
  const launch = launchNamed(launchType);
  const stop = stopWindow(containers, name, launch);
  const ends = stopWindow(containers, name, launch, signal === 'fatal');
  return {
    container: name,
    ...inWords(launchType, signal, stop.agent, ends),
    notes: [
      ...(stopTimeout === null ? [withoutTimeout(launchType)] : []),
      ...(asked.signal === null ? hintsOf(subject, signal) : []),
      ...chainNotes(name, stop.agent.signalled, ends),
    ],
  };
}

/** The window of an agent of which nothing is known but what was asked for: alone in its task. */
export function windowAlone({ launchType, stopTimeout, signal }: Asked): Omit<Window, 'container'> {
  const type = launchType ?? 'FARGATE';
  const launch = launchNamed(type);
  const alone = [{ ...NOTHING_KNOWN, stopTimeout }];
  const stop = stopWindow(alone, NOTHING_KNOWN.name, launch);
  const ends = stopWindow(alone, NOTHING_KNOWN.name, launch, signal === 'fatal');
  const notes = [
    `no task definition was given: an agent${signal === null ? ' that hears its stop' : ''} with no container beside it`,
    ...(stopTimeout === null ? [withoutTimeout(type)] : []),
  ];
  return { ...inWords(type, signal ?? 'heard', stop.agent, ends), notes };
}

const NOTHING_KNOWN = {
  ...{ name: 'agent', image: null, essential: true, initProcess: false, environment: {} },
  ...{ entryPoint: [], command: [], dependsOn: [] },
};

function inWords(
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

/** What the service or the definition says; the stricter one where that leaves a choice. */
function launchTypeOf({ kind, spot }: Launch): LaunchType {
  if (kind === 'ec2') return 'EC2';
  if (kind === 'external') return 'EXTERNAL';
  return spot === true ? 'FARGATE_SPOT' : 'FARGATE';
}

/** A definition that ECS would refuse: where, what, and what to do. */
export interface Refused {
  readonly path: Path;
  readonly message: string;
  readonly next: string;
}

/** What depends on what is stopped first, so that a circle could never be stopped. Null where the order can be kept. */
export function disorderOf({ agent, sidecars }: Subject): Refused | null {
  const all = [agent, ...sidecars];
  for (const { name, path, dependsOn } of all) {
    const at = [...path, 'dependsOn'];
    const unknown = dependsOn.find((on) => !all.some((one) => one.name === on));
    if (unknown !== undefined) {
      const message = `"${name}" depends on "${unknown}", which is no container of it`;
      return { path: at, message, next: 'Name one that is.' };
    }
    if (dependsOn.some((on) => reaches(all, on, name, new Set()))) {
      const message = `"${name}" depends on itself, directly or by way of others`;
      return { path: at, message, next: 'Take one dependency out.' };
    }
  }
  return null;
}

function reaches(all: readonly Container[], from: string, to: string, been: Set<string>): boolean {
  if (from === to) return true;
  if (been.has(from)) return false;
  been.add(from);
  const next = all.find(({ name }) => name === from)?.dependsOn ?? [];
  return next.some((on) => reaches(all, on, to, been));
}

function withoutTimeout(launchType: LaunchType): string {
  return launchType.startsWith('EC2') || launchType === 'EXTERNAL'
    ? "no stopTimeout: 30 s, unless the host's ECS_CONTAINER_STOP_TIMEOUT says otherwise, which no API shows"
    : "no stopTimeout: ECS's 30 s";
}

/** What the reading of the start rests on. */
function hintsOf({ agent, settings }: Subject, signal: Signal): readonly string[] {
  const { shell, scriptFile, commandLine } = agent.start;
  const notes: string[] = [];
  if (signal !== 'heard')
    notes.push(
      `${signal === 'eaten' ? 'nothing tells the agent of its stop' : 'the signal cuts its job off'}: gameday preflight says why${shell?.kind === 'unknown' ? `; ${shell.name} is taken for dash (--signal heard if a drill shows otherwise)` : ''}`,
    );
  else if (scriptFile !== null || !commandLine.isKnown)
    notes.push(
      `how ${scriptFile ?? `the image ${agent.image ?? 'of the agent'}`} starts the agent is in no document: it is taken to hear its stop (--image-config, --signal)`,
    );
  if (signal === 'eaten' && settings.get('disconnect-after-job') !== null)
    notes.push(
      'with --disconnect-after-job it leaves after the job that it has, stopped or not: what a stop loses is then at most what is told here',
    );
  return notes;
}

function chainNotes(container: string, before: number, { ms, limit }: StopWindow): readonly string[] {
  const notes: string[] = [];
  if (before > 0)
    notes.push(
      `containers that depend on "${container}" stop first: it may take jobs for up to ${before / 1000} s more before it is told`,
    );
  if (limit !== null && ms > limit)
    notes.push(`the stop chain takes up to ${ms / 1000} s, and a spot reclaim leaves two minutes`);
  return notes;
}
