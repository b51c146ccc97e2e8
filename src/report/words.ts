import { assertNever } from '../model/errors.ts';
import { describeCall, neverLeft } from '../model/call.ts';
import { faultTitle } from '../scenario/inject.ts';
import { stepOfPlan, type Plan } from '../scenario/plan.ts';
import { hasBuild } from '../scenario/schema.ts';
import { type When } from '../scenario/when.ts';
import type { Source, World } from '../model/world.ts';
import { FACTS, seen } from '../model/world.ts';
import { escapeControls } from '../journal/escape.ts';
import type { DrillEvent, PayloadOf } from '../journal/events.ts';
import { changeOf, learned, say } from './changes.ts';
import type { Sentence } from './changes.ts';
import { toneOf } from './paint.ts';
import { agentOf } from './sections.ts';
import { shortArn, span } from './text.ts';

/** Describes the events of a drill in sentences; remembers the world, so that only changes are reported. */
export type Narrator = (event: DrillEvent) => readonly Sentence[];

interface Memory {
  world: World;
  step: string | null;
  silent: ReadonlySet<Source>;
}

/** Creates a narrator for one drill, or for several one after another. */
export function createNarrator(): Narrator {
  let memory: Memory = { world: {}, step: null, silent: new Set() };
  return (event) => {
    if (event.code === 'GD_DRILL_PLANNED') {
      memory = { world: {}, step: stepOfPlan(event.payload.plan), silent: new Set() };
    }
    const sentences =
      event.code === 'GD_OBSERVED' ? observed(memory, event.payload) : told(event, memory.world);
    return sentences.map((sentence) => ({ ...sentence, text: escapeControls(sentence.text) }));
  };
}

function observed(memory: Memory, payload: PayloadOf<'GD_OBSERVED'>): readonly Sentence[] {
  const after = learned(memory.world, payload.facts);
  const sentences = payload.facts.flatMap((fact) => changeOf(memory.world, after, fact, memory.step));
  memory.world = after;
  return [...troubles(memory, payload), ...sentences];
}

function troubles(memory: Memory, payload: PayloadOf<'GD_OBSERVED'>): readonly Sentence[] {
  const sentences: Sentence[] = [];
  const silent = new Set(memory.silent);
  for (const read of payload.reads) {
    const service = FACTS[read.subject.kind].from;
    if (read.ok && silent.delete(service)) sentences.push(say(`${service} answers again`, 'good'));
    // A read that we aborted ourselves says nothing about the service.
    if (read.ok || silent.has(service) || read.error?.kind === 'aborted') continue;
    silent.add(service);
    sentences.push(
      say(
        `${service} could not be read (${read.subject.kind}): ${read.error?.message ?? 'no answer'}`,
        'warn',
      ),
    );
  }
  memory.silent = silent;
  return sentences;
}

function told(event: Exclude<DrillEvent, { code: 'GD_OBSERVED' }>, world: World): readonly Sentence[] {
  switch (event.code) {
    case 'GD_DRILL_PLANNED':
      return planned(event.payload.plan, event.drill);
    case 'GD_RESUMED':
      return [say('another process continues the drill', 'loud')];
    case 'GD_GUARDS_ANSWERED':
      return guards(event.payload);
    case 'GD_BUILD_INTENDED':
    case 'GD_UNDO_INTENDED':
    case 'GD_FAULT_INTENDED':
      return [say(describeCall(event.payload.call), event.code === 'GD_FAULT_INTENDED' ? 'loud' : 'plain')];
    case 'GD_BUILD_SENT':
      return sent('creating the build', event.payload);
    case 'GD_UNDO_SENT':
      return sent('undoing the change', event.payload);
    case 'GD_FAULT_SENT':
      return strike(event.payload);
    case 'GD_BUILD_KNOWN':
      return buildKnown(event.payload, world);
    default:
      return toldLater(event);
  }
}

type Later = Extract<
  DrillEvent,
  {
    code:
      | 'GD_ARMED'
      | 'GD_TARGET_CHOSEN'
      | 'GD_TARGET_REVERIFIED'
      | 'GD_TARGET_DROPPED'
      | 'GD_CONFIRMED'
      | 'GD_FAULT_LANDED'
      | 'GD_WATCH_BEGUN'
      | 'GD_WATCH_ENDED'
      | 'GD_HALTED'
      | 'GD_INTERRUPTED'
      | 'GD_SETTLED'
      | 'GD_JUDGED';
  }
>;

function toldLater(event: Later): readonly Sentence[] {
  switch (event.code) {
    case 'GD_ARMED':
      return [say('no build is started; waiting for a worker without a job')];
    case 'GD_TARGET_CHOSEN':
      return [say(`target: task ${shortArn(event.payload.target.taskArn)}: ${event.payload.target.why}`)];
    case 'GD_TARGET_REVERIFIED':
      return [say('everything was read again at the last instant: target unchanged')];
    case 'GD_TARGET_DROPPED':
      return [say(`the target was dropped: ${event.payload.said}`, 'warn')];
    case 'GD_CONFIRMED':
      return [say(CONFIRMED[event.payload.answer])];
    case 'GD_FAULT_LANDED':
      return [say(`the stop landed: ${event.payload.said}`, 'good')];
    case 'GD_WATCH_BEGUN':
      return [say(`watching without an injection: ${event.payload.said}`)];
    case 'GD_WATCH_ENDED':
      return [say(`the watch is over (${event.payload.why}): ${event.payload.said}`)];
    case 'GD_HALTED':
      return [
        say(
          `the drill goes no further: ${named(event.payload)}`,
          event.payload.reason === 'planned' ? 'plain' : 'warn',
        ),
      ];
    case 'GD_INTERRUPTED':
      return [say(`interrupted by ${event.payload.signal}; the journal is closed`, 'warn')];
    case 'GD_SETTLED':
      return [say(['settled', ...event.payload.left.map((left) => `left on purpose: ${left}`)].join('; '))];
    case 'GD_JUDGED':
      return [say(verdict(event.payload.verdict), toneOf(event.payload.verdict.outcome))];
    default:
      return assertNever(event);
  }
}

const CONFIRMED: Readonly<Record<PayloadOf<'GD_CONFIRMED'>['answer'], string>> = {
  yes: 'a person at the terminal said yes',
  no: 'a person at the terminal said no',
  beforehand: 'confirmed beforehand (--yes)',
  rig: 'no confirmation is needed on the rig',
  nobody: 'nobody could be asked, and --yes was not given',
};

function planned(plan: Plan, drill: string): readonly Sentence[] {
  const { scenario, rig } = plan;
  const at = scenario.cluster.service === null ? '' : ` (service ${scenario.cluster.service})`;
  const builds = hasBuild(scenario) ? `${plan.organization}/${scenario.build.pipeline}, ` : '';
  const where = `${builds}cluster ${scenario.cluster.name}${at}, ${plan.region}`;
  const sentences = [
    say(`drill ${drill}: ${scenario.title}`, 'loud'),
    say(`${whatItDoes(plan)} in ${where}`),
  ];
  if (rig === null)
    return plan.label === null ? sentences : [...sentences, say(`all of it is the ${plan.label}`)];
  sentences.push(say(`the rig stands in for Buildkite and ECS: ${rig.executor} executor, ${agentOf(rig)}`));
  const why = rig.noPid1 === undefined ? '' : `: ${rig.noPid1.said}`;
  if (!rig.pid1)
    sentences.push(say(`WORKERS HAVE NO REAL PID 1 HERE: what depends on it cannot be judged${why}`, 'warn'));
  return sentences;
}

function whatItDoes(plan: Plan): string {
  if (plan.mode === 'assert') return 'judging every stop that ECS shows';
  const { inject, when } = plan.scenario;
  return `${faultTitle(inject.fault)} ${whenWords(when)}`;
}

function whenWords(when: When): string {
  switch (when.trigger) {
    case 'step-in-flight':
      return `while step ${when.step} is in flight`;
    case 'agent-idle':
      return 'while a worker has no job';
    case 'near-end':
      return `while step ${when.step} has ${span(when.left)} left`;
    case 'at-fraction':
      return `while step ${when.step} has ${String(Math.round(when.fractionLeft * 100))} % left`;
    case 'fleet-busy':
      return `while ${String(when.busy)} workers are busy`;
    default:
      return assertNever(when);
  }
}

function guards(payload: PayloadOf<'GD_GUARDS_ANSWERED'>): readonly Sentence[] {
  const where = payload.at === 'gate' ? 'at the gate' : 'at the last instant';
  const refusing = payload.answers.filter((answer) => !answer.holds);
  if (refusing.length === 0) return [say(`${where} all ${payload.answers.length} guards hold`)];
  return refusing.map((answer) => say(`${where} guard ${answer.guard} refuses: ${answer.said}`, 'warn'));
}

type Sent = Pick<PayloadOf<'GD_UNDO_SENT'>, 'result' | 'trouble' | 'sentAt' | 'answeredAt'>;

function sent(what: string, payload: Sent): readonly Sentence[] {
  if (payload.result === 'ok') return [];
  const certainty = payload.result === 'refused' ? 'refused' : 'sent, outcome unknown';
  return [say(`${what}: ${certainty}: ${payload.trouble?.message ?? 'no answer'}`, 'warn')];
}

function strike(payload: Sent): readonly Sentence[] {
  if (neverLeft(payload)) return [say(`nothing was injected: ${payload.trouble?.message ?? ''}`, 'warn')];
  if (payload.result !== 'ok') return sent('the injection', payload);
  return [say(`the injection was answered after ${span(payload.answeredAt - payload.sentAt)}`)];
}

function buildKnown(payload: PayloadOf<'GD_BUILD_KNOWN'>, world: World): readonly Sentence[] {
  const build = seen(world, 'build', payload.buildId);
  const how = {
    created: 'was created',
    'meta-data': 'was found by its meta-data',
    named: 'is the one named',
  }[payload.by];
  if (build === undefined) return [say(`the build ${how}`)];
  return [say(`build #${build.number} ${how}: ${build.url}`)];
}

function verdict(payload: PayloadOf<'GD_JUDGED'>['verdict']): string {
  return payload.outcome === payload.reason
    ? `${payload.outcome}: ${payload.said}`
    : `${payload.outcome}: ${named(payload)}`;
}

function named({ reason, said }: { readonly reason: string; readonly said: string }): string {
  return reason === 'planned' ? said : `${reason}: ${said}`;
}
