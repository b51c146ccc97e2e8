import { assertNever } from '../model/errors.ts';
import { formatStep, matchesStep, type StepName } from '../model/step-name.ts';
import { CALLS, describeCall, nameCall, nameOperation } from '../model/call.ts';
import { isHeldBack } from '../model/answer.ts';
import { stepOfPlan } from '../scenario/plan.ts';
import type { FactKind, Source, World } from '../model/world.ts';
import { FACTS, findFact, listFacts } from '../model/world.ts';
import { escapeControls } from '../journal/escape.ts';
import type { DrillEvent, PayloadOf } from '../journal/events.ts';
import { changeOf, describeTold, learnFacts, makeSentence, type Sentence } from './changes.ts';
import { toneOf } from './paint.ts';
import { describePlan } from './plan-words.ts';
import { formatSpan } from '../model/instants.ts';
import { shortenArn } from './text.ts';

/** Describes the events of a drill in sentences; remembers the world, so that only changes are reported. */
export type Narrator = (event: DrillEvent) => readonly Sentence[];

interface Memory {
  world: World;
  step: StepName | null;
  silent: ReadonlySet<Source | FactKind>;
  /** The operation of the call that was intended last. */
  operation: string;
  /** Whether a job of the step without a key has been named, or need not be. */
  isKeylessSaid: boolean;
}

/** Creates a narrator for one drill, or for several one after another. */
export function createNarrator(): Narrator {
  const nothing = {
    ...{ world: {}, step: null, silent: new Set<Source | FactKind>(), operation: 'the call' },
    isKeylessSaid: true,
  };
  let memory: Memory = { ...nothing };
  return (event) => {
    if (event.code === 'GD_DRILL_PLANNED') {
      const { plan } = event.payload;
      const isKeylessSaid = plan.mode === 'assert' || plan.scenario.when.trigger === 'fleet-busy';
      memory = { ...nothing, step: stepOfPlan(plan), isKeylessSaid };
    }
    if (event.code === 'GD_FAULT_INTENDED' || event.code === 'GD_UNDO_INTENDED') {
      const { call } = event.payload;
      memory.operation = nameOperation(CALLS[call.kind].operation) ?? nameCall(call);
    }
    const sentences =
      event.code === 'GD_OBSERVED' ? describeObserved(memory, event.payload) : describeEvent(event, memory);
    return sentences.map((sentence) => ({ ...sentence, text: escapeControls(sentence.text) }));
  };
}

function describeObserved(memory: Memory, payload: PayloadOf<'GD_OBSERVED'>): readonly Sentence[] {
  const after = learnFacts(memory.world, payload.facts);
  const sentences = payload.facts.flatMap((fact) => changeOf(memory.world, after, fact, memory.step));
  memory.world = after;
  return [...describeTroubles(memory, payload), ...sentences, ...describeKeyless(memory)];
}

/** Said once: what the drill looks at less often, and how to change that. */
function describeKeyless(memory: Memory): readonly Sentence[] {
  const { world, step } = memory;
  if (memory.isKeylessSaid || step === null) return [];
  const keyless = listFacts(world, 'job').some(
    (job) =>
      job.stepKey === null &&
      matchesStep(step, job) &&
      findFact(world, 'build-jobs', job.buildId) !== undefined,
  );
  if (!keyless) return [];
  memory.isKeylessSaid = true;
  const text = `step ${formatStep(step)} has no key, and Buildkite lists the jobs of a step by its key alone: all jobs of the build are listed instead, less often the more there are. Give the step a key, and name that in when.step`;
  return [makeSentence(text, 'warn')];
}

function describeTroubles(memory: Memory, payload: PayloadOf<'GD_OBSERVED'>): readonly Sentence[] {
  const sentences: Sentence[] = [];
  const silent = new Set(memory.silent);
  for (const read of payload.reads) {
    const { kind } = read.subject;
    const service = FACTS[kind].from;
    // What is around the runner has nothing in common: where the kill switch can be read, the lock may be away.
    const who = service === 'the surroundings' ? kind : service;
    const again = who === service ? `${service} answers again` : `${service} can be read again (${kind})`;
    if (read.ok && silent.delete(who)) sentences.push(makeSentence(again, 'good'));
    // A read that we aborted ourselves says nothing about the service.
    if (read.ok || silent.has(who) || read.error?.kind === 'aborted') continue;
    silent.add(who);
    sentences.push(
      makeSentence(
        `${service} could not be read (${read.subject.kind}): ${read.error?.message ?? 'no answer'}`,
        'warn',
      ),
    );
  }
  memory.silent = silent;
  return sentences;
}

function describeEvent(
  event: Exclude<DrillEvent, { code: 'GD_OBSERVED' }>,
  { world, operation }: Memory,
): readonly Sentence[] {
  switch (event.code) {
    case 'GD_DRILL_PLANNED':
      return describePlan(event.payload.plan, event.drill);
    case 'GD_RESUMED':
      return [makeSentence('another process continues the drill', 'loud')];
    case 'GD_GUARDS_ANSWERED':
      return describeGuards(event.payload);
    case 'GD_BUILD_INTENDED':
    case 'GD_UNDO_INTENDED':
    case 'GD_FAULT_INTENDED':
      return [
        makeSentence(describeCall(event.payload.call), event.code === 'GD_FAULT_INTENDED' ? 'loud' : 'plain'),
      ];
    case 'GD_BUILD_SENT':
      return describeOutcome('creating the build', event.payload);
    case 'GD_UNDO_SENT':
      return describeOutcome(operation, event.payload);
    case 'GD_FAULT_SENT':
      return describeInjectionAnswer(operation, event.payload);
    case 'GD_BUILD_KNOWN':
      return describeBuild(event.payload, world);
    default:
      return describeLaterEvent(event);
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
      | 'GD_INJECTION_HELD'
      | 'GD_CONFIRMED'
      | 'GD_NOTICE_INTENDED'
      | 'GD_NOTIFIED'
      | 'GD_FAULT_LANDED'
      | 'GD_WATCH_BEGUN'
      | 'GD_WATCH_ENDED'
      | 'GD_UNDO_BEGUN'
      | 'GD_HALTED'
      | 'GD_INTERRUPTED'
      | 'GD_SETTLED'
      | 'GD_JUDGED';
  }
>;

function describeLaterEvent(event: Later): readonly Sentence[] {
  switch (event.code) {
    case 'GD_ARMED':
      return [makeSentence('no build is started; waiting for a worker without a job')];
    case 'GD_TARGET_CHOSEN':
      return [
        makeSentence(`target: task ${shortenArn(event.payload.target.taskArn)}: ${event.payload.target.why}`),
      ];
    case 'GD_TARGET_REVERIFIED':
      return [makeSentence('everything was read again at the last instant: target unchanged')];
    case 'GD_TARGET_DROPPED':
      return [makeSentence(`the target was dropped: ${event.payload.said}`, 'warn')];
    case 'GD_INJECTION_HELD':
      return [makeSentence(`waiting before anything is sent: ${event.payload.said}`, 'warn')];
    case 'GD_CONFIRMED':
      return [makeSentence(CONFIRMED[event.payload.answer])];
    case 'GD_NOTICE_INTENDED':
      return [];
    case 'GD_NOTIFIED':
      return event.payload.told.map(describeTold);
    case 'GD_FAULT_LANDED':
      return [
        makeSentence(
          `${event.payload.by === 'in-force' ? 'the change is in force' : 'the stop landed'}: ${event.payload.said}`,
          'good',
        ),
      ];
    case 'GD_WATCH_BEGUN':
      return [makeSentence(`watching without an injection: ${event.payload.said}`)];
    case 'GD_WATCH_ENDED':
      return [makeSentence(`the watch is over (${event.payload.why}): ${event.payload.said}`)];
    case 'GD_UNDO_BEGUN':
      return [
        makeSentence(
          `${event.payload.signal}: what the drill changed is put back first, within ${formatSpan(event.payload.within)}; a second signal ends gameday at once`,
          'warn',
        ),
      ];
    case 'GD_HALTED':
      return [
        makeSentence(
          `the drill goes no further: ${sayReason(event.payload)}`,
          event.payload.reason === 'planned' ? 'plain' : 'warn',
        ),
      ];
    case 'GD_INTERRUPTED':
      return [makeSentence(`interrupted by ${event.payload.signal}; the journal is closed`, 'warn')];
    case 'GD_SETTLED':
      return [
        makeSentence(['settled', ...event.payload.left.map((left) => `left as it is: ${left}`)].join('; ')),
      ];
    case 'GD_JUDGED':
      return [makeSentence(sayVerdict(event.payload.verdict), toneOf(event.payload.verdict.outcome))];
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

function describeGuards(payload: PayloadOf<'GD_GUARDS_ANSWERED'>): readonly Sentence[] {
  const where = payload.at === 'gate' ? 'at the gate' : 'at the last instant';
  const unmet = payload.answers.filter((answer) => !answer.holds);
  if (unmet.length === 0) return [makeSentence(`${where} all ${payload.answers.length} guards hold`)];
  return unmet.map(({ guard, said, waits }) =>
    makeSentence(`${where} guard ${guard} ${waits === true ? 'waits' : 'refuses'}: ${said}`, 'warn'),
  );
}

type Sent = Pick<PayloadOf<'GD_UNDO_SENT'>, 'result' | 'trouble' | 'sentAt' | 'answeredAt'>;

function describeOutcome(what: string, payload: Sent): readonly Sentence[] {
  if (payload.result === 'ok') return [];
  const certainty = payload.result === 'refused' ? 'refused' : 'sent, outcome unknown';
  return [makeSentence(`${what}: ${certainty}: ${payload.trouble?.message ?? 'no answer'}`, 'warn')];
}

function describeInjectionAnswer(operation: string, payload: Sent): readonly Sentence[] {
  if (isHeldBack(payload))
    return [makeSentence(`nothing was injected: ${payload.trouble?.message ?? ''}`, 'warn')];
  if (payload.result !== 'ok') return describeOutcome(operation, payload);
  return [makeSentence(`${operation} was answered after ${formatSpan(payload.answeredAt - payload.sentAt)}`)];
}

function describeBuild(payload: PayloadOf<'GD_BUILD_KNOWN'>, world: World): readonly Sentence[] {
  const build = findFact(world, 'build', payload.buildId);
  const how = {
    created: 'was created',
    'meta-data': 'was found by its meta-data',
    named: 'is the one named',
    triggered: 'was started by a trigger step, and is followed',
  }[payload.by];
  if (build === undefined) return [makeSentence(`the build ${how}`)];
  return [makeSentence(`build #${build.number} ${how}: ${build.url}`)];
}

function sayVerdict(payload: PayloadOf<'GD_JUDGED'>['verdict']): string {
  return payload.outcome === payload.reason
    ? `${payload.outcome}: ${payload.said}`
    : `${payload.outcome}: ${sayReason(payload)}`;
}

function sayReason({ reason, said }: { readonly reason: string; readonly said: string }): string {
  return reason === 'planned' || said.startsWith(`${reason}: `) ? said : `${reason}: ${said}`;
}
