import type { Agent } from '../model/entities/agent.ts';
import type { Build } from '../model/entities/build.ts';
import type { CommandRun } from '../model/entities/command.ts';
import type { Job } from '../model/entities/job.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import type { Told } from '../model/entities/notice.ts';
import { errorsOf } from '../model/entities/preflight.ts';
import type { Preflight } from '../model/entities/preflight.ts';
import type { Task } from '../model/entities/task.ts';
import { matchesStep, type StepName } from '../model/step-name.ts';
import type { Fact, World } from '../model/world.ts';
import { listFacts, keyOf, findFact } from '../model/world.ts';
import type { Tone } from './paint.ts';
import { shortenArn } from './text.ts';

/** One sentence and its tone. */
export interface Sentence {
  readonly text: string;
  readonly tone: Tone;
}

export function makeSentence(text: string, tone: Tone = 'plain'): Sentence {
  return { text, tone };
}

/** What happened to a notice at one destination. */
export function describeTold({ to, result, tries, said }: Told): Sentence {
  const whom = `${to.kind} ${to.host}`;
  if (result === 'told') return makeSentence(`${whom} was told`);
  return makeSentence(`${whom} could not be told, in ${countTries(tries)}: ${said ?? 'no answer'}`, 'warn');
}

function countTries(tries: number): string {
  return tries === 1 ? 'one try' : `${String(tries)} tries`;
}

/** What a new fact changes for a reader who knows the world before it; names come from the world after it. */
export function changeOf(
  before: World,
  after: World,
  fact: Fact,
  step: StepName | null,
): readonly Sentence[] {
  switch (fact.kind) {
    case 'build':
      return buildChange(findFact(before, 'build', fact.id), fact.value);
    case 'job':
      return jobChange(after, findFact(before, 'job', fact.id), fact.value, step);
    case 'agent':
      return agentChange(findFact(before, 'agent', fact.id), fact.value);
    case 'task':
      return taskChange(findFact(before, 'task', fact.id), fact.value);
    case 'command':
      return commandChange(findFact(before, 'command', fact.id), fact.value);
    case 'preflight':
      return findFact(before, 'preflight', fact.id) === undefined ? preflightNews(fact.value) : [];
    default:
      return [];
  }
}

function commandChange(was: CommandRun | undefined, is: CommandRun): readonly Sentence[] {
  if (was?.state === is.state) return [];
  if (is.state === 'running') return [makeSentence('the command runs')];
  if (is.state === 'unknown')
    return [makeSentence('how the command ended is not known: its runner died', 'warn')];
  const how = is.signal === null ? `exit code ${String(is.exitCode)}` : `signal ${is.signal}`;
  const why =
    is.endedBy === 'limit' ? ', for its time was over' : is.endedBy === null ? '' : ', ended by gameday';
  const tone = is.exitCode === 0 && is.endedBy === null ? 'good' : 'bad';
  const left = is.leftProcesses ? '; it left processes behind, which were ended' : '';
  return [makeSentence(`the command ended with ${how}${why}${left}`, tone)];
}

/** The errors of preflight; `gameday preflight` shows the rest. */
function preflightNews(is: Preflight): readonly Sentence[] {
  if (is.container === null)
    return [
      makeSentence(
        `preflight could not check the definition: ${is.unknown[0]?.said ?? 'the reason is not known'}`,
        'warn',
      ),
    ];
  return errorsOf(is).map((error) => makeSentence(`preflight error ${error}`, 'bad'));
}

function buildChange(was: Build | undefined, is: Build): readonly Sentence[] {
  if (was?.state === is.state) return [];
  if (is.state === 'passed') return [makeSentence(`build #${is.number} passed`, 'good')];
  if (is.state === 'failed' || is.state === 'failing')
    return [makeSentence(`build #${is.number} is ${is.state}`, 'bad')];
  if (is.state === 'canceled')
    return [makeSentence(`build #${is.number} was canceled${sayBy(is.canceledBy)}`, 'warn')];
  return was === undefined ? [] : [makeSentence(`build #${is.number} is ${nameOf(is)}`)];
}

function jobChange(world: World, was: Job | undefined, is: Job, step: StepName | null): readonly Sentence[] {
  if (step !== null && !matchesStep(step, is) && was?.agentId == null) return [];
  const lost = hasLostEvent(is) && !(was !== undefined && hasLostEvent(was));
  const named = nameJob(is, world);
  const sentences = lost ? [makeSentence(`${named}: Buildkite gave its agent up (lost)`, 'bad')] : [];
  if (was?.state === is.state) return sentences;
  if (hasJobEnded(is)) return [...sentences, describeEnd(is, named)];
  if (is.state === 'running') {
    const agent = is.agentId === null ? undefined : findFact(world, 'agent', is.agentId);
    return [
      ...sentences,
      makeSentence(`${named} runs${agent === undefined ? '' : ` on agent ${agent.name}`}`),
    ];
  }
  if (was === undefined && is.retryOf !== null) {
    return [
      ...sentences,
      makeSentence(`step ${is.stepKey ?? ''} is retried (${is.retryType ?? 'unknown'} retry)`, 'warn'),
    ];
  }
  if (is.state === 'canceling' || is.state === 'timing_out')
    return [...sentences, makeSentence(`${named} is ${nameOf(is)}`, 'warn')];
  return sentences;
}

function describeEnd(is: Job, named: string): Sentence {
  const exit = is.exitStatus === null ? 'no exit status' : `exit status ${is.exitStatus}`;
  const signal = [is.signal, is.signalReason].filter((part) => part !== null).join(', ');
  const how = signal === '' ? exit : `${exit}, ${signal}`;
  if (is.state === 'finished') {
    if (is.passed && !is.softFailed) return makeSentence(`${named} passed (${how})`, 'good');
    return makeSentence(`${named} ${is.softFailed ? 'failed softly' : 'failed'} (${how})`, 'bad');
  }
  return makeSentence(`${named} ended: ${nameOf(is)} (${how})`, 'warn');
}

function agentChange(was: Agent | undefined, is: Agent): readonly Sentence[] {
  const sentences: Sentence[] = [];
  if (is.stoppedGracefullyAt !== null && was !== undefined && was.stoppedGracefullyAt === null) {
    const whose =
      is.stoppedGracefullyBy === null ? 'heard the stop' : `was stopped by ${is.stoppedGracefullyBy}`;
    sentences.push(
      makeSentence(`agent ${is.name} ${whose}`, is.stoppedGracefullyBy === null ? 'good' : 'warn'),
    );
  }
  if (was === undefined || was.connection === is.connection) return sentences;
  const text = `agent ${is.name} is ${is.connection === 'other' ? is.rawConnection : is.connection}`;
  return [...sentences, makeSentence(text, is.connection === 'lost' ? 'bad' : 'plain')];
}

function taskChange(was: Task | undefined, is: Task): readonly Sentence[] {
  if (was === undefined) return [];
  const sentences: Sentence[] = [];
  for (const container of is.containers) {
    const before = was.containers.find((other) => other.name === container.name);
    if (container.exitCode === null || before?.exitCode === container.exitCode) continue;
    const why = container.reason === null ? '' : ` (${container.reason})`;
    const clean = container.exitCode === 0;
    sentences.push(
      makeSentence(
        `container ${container.name} ended with exit code ${container.exitCode}${why}`,
        clean ? 'good' : 'bad',
      ),
    );
  }
  if (was.desired !== is.desired || was.status !== is.status) {
    const going = is.status === is.desired ? is.status : `${is.status}, on its way to ${is.desired}`;
    sentences.push(makeSentence(`task ${shortenArn(is.arn)} is ${going}`));
  }
  return sentences;
}

function hasLostEvent(is: Job): boolean {
  return is.events?.some((event) => event.type === 'AGENT_LOST') ?? false;
}

/** The job's name for people; if the drill has several builds, with the build's number. */
function nameJob(is: Job, world: World): string {
  const builds = listFacts(world, 'build');
  const own = builds.length > 1 ? builds.find(({ id }) => id === is.buildId) : undefined;
  const of = own === undefined ? '' : ` of build #${own.number}`;
  const index = is.parallelIndex === null ? '' : ` #${is.parallelIndex}`;
  const retry = is.retryOf === null ? '' : ' (retry)';
  return `step ${is.stepKey ?? is.label ?? 'without key'}${index}${retry}${of}`;
}

function nameOf(is: { readonly state: string; readonly rawState: string }): string {
  return is.state === 'other' ? is.rawState : is.state.replaceAll('_', ' ');
}

function sayBy(person: string | null): string {
  return person === null ? '' : ` by ${person}`;
}

/** The world with some facts added. */
export function learnFacts(world: World, facts: readonly Fact[]): World {
  return { ...world, ...Object.fromEntries(facts.map((fact) => [keyOf(fact), fact])) };
}
