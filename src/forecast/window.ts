import type { Path } from '../preflight/json.ts';
import type { Container, Launch, Subject } from '../preflight/subject.ts';
import * as limits from '../preflight/window.ts';
import { signalOf } from './signal.ts';
import type { Signal } from './signal.ts';

/** Where a task runs, as far as its stop depends on it. */
export const LAUNCH_TYPES = ['FARGATE', 'FARGATE_SPOT', 'EC2', 'EC2_SPOT', 'EXTERNAL'] as const;
export type LaunchType = (typeof LAUNCH_TYPES)[number];

/** ECS's own where a definition gives none; on EC2 unless the host's ECS_CONTAINER_STOP_TIMEOUT says otherwise. Milliseconds. */
export const DEFAULT_STOP_TIMEOUT = limits.DEFAULT_STOP_TIMEOUT * 1000;
/** Fargate takes no `stopTimeout` above it, milliseconds. On EC2 there is no ceiling. Source: API reference, ContainerDefinition. */
export const FARGATE_CEILING = limits.FARGATE_CEILING * 1000;
/** A spot reclaim leaves the whole task two minutes, on Fargate and on EC2. */
const SPOT_NOTICE = limits.SPOT_NOTICE * 1000;

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
  const launchType = asked.launchType ?? launchTypeOf(subject.launch);
  const signal = asked.signal ?? signalOf(subject);
  const given = asked.stopTimeout ?? inMs(subject.agent.stopTimeout);
  const own = given ?? DEFAULT_STOP_TIMEOUT;
  const times: Times = (container) => (container === subject.agent ? own : msOf(subject, container));
  const all = [subject.agent, ...subject.sidecars];
  const before = Math.max(0, ...dependents(subject, subject.agent).map((one) => chain(subject, one, times)));
  const cut: Times = (container) =>
    container === subject.agent && signal === 'fatal' ? 0 : times(container);
  const wholeStop = Math.max(...all.map((one) => chain(subject, one, cut)));
  const atMost = launchType.endsWith('_SPOT') ? SPOT_NOTICE : Infinity;
  const granted = Math.max(0, Math.min(own, atMost - before));
  return {
    container: subject.agent.name,
    launchType,
    granted,
    drain: signal === 'fatal' ? 0 : granted,
    before: Math.min(before, atMost),
    wholeStop: Math.min(wholeStop, atMost),
    ceiling: ceilingOf(launchType, before),
    signal,
    notes: [
      ...(given === null ? [withoutTimeout(launchType)] : []),
      ...(asked.signal === null ? hintsOf(subject, signal) : []),
      ...chainNotes(subject.agent.name, launchType, before, wholeStop),
    ],
  };
}

/** The window of an agent of which nothing is known but what was asked for: alone in its task. */
export function windowAlone({ launchType, stopTimeout, signal }: Asked): Omit<Window, 'container'> {
  const type = launchType ?? 'FARGATE';
  const own = stopTimeout ?? DEFAULT_STOP_TIMEOUT;
  const granted = type.endsWith('_SPOT') ? Math.min(own, SPOT_NOTICE) : own;
  const drain = signal === 'fatal' ? 0 : granted;
  const notes = [
    `no task definition was given: an agent${signal === null ? ' that hears its stop' : ''} with no container beside it`,
    ...(stopTimeout === null ? [withoutTimeout(type)] : []),
  ];
  const alone = {
    launchType: type,
    granted,
    drain,
    before: 0,
    wholeStop: drain,
    ceiling: ceilingOf(type, 0),
  };
  return { ...alone, signal: signal ?? 'heard', notes };
}

/** What the service or the definition says; the stricter one where that leaves a choice. */
function launchTypeOf({ kind, fargateSpot }: Launch): LaunchType {
  if (kind === 'ec2') return 'EC2';
  if (kind === 'external') return 'EXTERNAL';
  return fargateSpot === true ? 'FARGATE_SPOT' : 'FARGATE';
}

function ceilingOf(launchType: LaunchType, before: number): number | null {
  if (launchType === 'FARGATE') return FARGATE_CEILING;
  return launchType.endsWith('_SPOT') ? Math.max(0, SPOT_NOTICE - before) : null;
}

type Times = (container: Container) => number;

function inMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}

/** A container that ran once before the agent started is over: nothing of it is stopped. */
function msOf(subject: Subject, container: Container): number {
  if (limits.runsOnce(subject, container)) return 0;
  return inMs(container.stopTimeout) ?? DEFAULT_STOP_TIMEOUT;
}

function dependents({ agent, sidecars }: Subject, container: Container): readonly Container[] {
  return [agent, ...sidecars].filter(({ dependsOn }) => dependsOn.includes(container.name));
}

/** From the stop to this container's end, at most: it is held until all that depend on it have stopped. */
function chain(subject: Subject, container: Container, times: Times): number {
  const first = dependents(subject, container).map((one) => chain(subject, one, times));
  return Math.max(0, ...first) + times(container);
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
  const { shell, scriptFile } = agent.start;
  const notes: string[] = [];
  if (signal !== 'heard')
    notes.push(
      `${signal === 'eaten' ? 'nothing tells the agent of its stop' : 'the signal cuts its job off'}: gameday preflight says why${shell?.kind === 'unknown' ? `; ${shell.name} is taken for dash (--signal heard if a drill shows otherwise)` : ''}`,
    );
  else if (scriptFile !== null || !agent.argv.known)
    notes.push(
      `how ${scriptFile ?? `the image ${agent.image ?? 'of the agent'}`} starts the agent is in no document: it is taken to hear its stop (--image-config, --signal)`,
    );
  if (signal === 'eaten' && settings.get('disconnect-after-job') !== null)
    notes.push(
      'with --disconnect-after-job it leaves after the job that it has, stopped or not: what a stop loses is then at most what is told here',
    );
  return notes;
}

function chainNotes(
  container: string,
  launchType: LaunchType,
  before: number,
  wholeStop: number,
): readonly string[] {
  const notes: string[] = [];
  if (before > 0)
    notes.push(
      `containers that depend on "${container}" stop first: it may take jobs for up to ${before / 1000} s more before it is told`,
    );
  if (launchType.endsWith('_SPOT') && wholeStop > SPOT_NOTICE)
    notes.push(`the stop chain takes up to ${wholeStop / 1000} s, and a spot reclaim leaves two minutes`);
  return notes;
}
