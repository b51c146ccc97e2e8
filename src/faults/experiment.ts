import type { Call, CallOf } from '../model/call.ts';
import { hasExperimentEnded, type Experiment, type FisTemplate } from '../model/entities/experiment.ts';
import type { Instant } from '../model/instants.ts';
import { findFact, listFacts, type Subject } from '../model/world.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { describeExperiment, findActionStart } from '../evidence/experiment.ts';
import { hitsOf } from '../evidence/hits.ts';
import { markOf, type DrillState } from '../state/state.ts';
import { endWatch, fresh, haltDrill, type Step } from '../state/step.ts';
import { findLastingTrouble } from '../state/trouble.ts';
import type { Reason } from '../model/reasons.ts';
import { SPOT_NOTICE } from '../worker/stop-window.ts';
import { makeChanges, type Change } from './change.ts';
import { hasBeenPutBack, listMarkChanges } from './marking.ts';
import { awaitHit, listFollowAsks } from './rollout.ts';
import { hasBeenCompared, listPossibleSendings, restoreOurs } from './undoing.ts';

/** How long FIS may be away before a task that goes down is watched without it, milliseconds. */
const PATIENCE = 10_000;
/** After the end of an experiment the scheduler is given so long to show what it did for it, milliseconds. */
const SURE_AFTER = 5_000;
/** After an experiment that ran to its end a Spot instance has its whole notice, and ECS some time to see it gone. */
const GONE_AFTER = SPOT_NOTICE + 10_000;

/** What the drill starts: a template that it makes first, or one that the scenario names. */
export interface Planned {
  readonly makes: Omit<CallOf<'create-template'>, 'kind' | 'drill'> | null;
  readonly template: string | null;
  readonly does: CallOf<'start-experiment'>['does'];
  readonly instance: string | null;
}

function ofDrill({ drill }: DrillState): Subject & { readonly kind: 'fis-of-drill' } {
  return { kind: 'fis-of-drill', id: drill };
}

/** The template that is made carries the drill's tag: it is found by that where the answer to its creation was lost. */
function makeCreation(state: DrillState, makes: NonNullable<Planned['makes']>): Change {
  const subject = ofDrill(state);
  return {
    call: { kind: 'create-template', drill: state.drill, ...makes },
    seenIn: [subject],
    hasHappened: ({ world }) => (findFact(world, subject.kind, subject.id)?.templates ?? []).length > 0,
    otherChange: () => null,
    // The same client token gives the same template.
    idempotent: true,
  };
}

/** What was sent, or may have been, stands: a drill has one experiment. */
function makeStart(state: DrillState, template: string, { does, instance }: Planned): Change {
  const subject = ofDrill(state);
  const sent = listPossibleSendings(state, 'start-experiment').at(-1)?.call;
  return {
    call: sent ?? { kind: 'start-experiment', drill: state.drill, template, does, instance },
    seenIn: [subject],
    hasHappened: ({ world }) => (findFact(world, subject.kind, subject.id)?.experiments ?? []).length > 0,
    otherChange: () => null,
    // The same client token gives the same experiment.
    idempotent: true,
  };
}

/** A read that was on its way when the template was created does not show it: what was shown once counts. */
function findMadeTemplate({ index, drill }: DrillState): string | null {
  const seen = evidenceOf(index).values('fis-of-drill', drill);
  return seen.flatMap(({ templates }) => templates)[0] ?? null;
}

/** The next step of a fault that FIS carries out: template, mark, experiment, and the proof that it stops a task. */
export function injectByFis(state: DrillState, planned: Planned, now: Instant): Step {
  if (hasBeenPutBack(state)) return awaitHit(state, now);
  const creation =
    planned.makes === null ? null : makeChanges(state, [makeCreation(state, planned.makes)], now);
  if (creation !== null) return creation;
  const template = planned.template ?? findMadeTemplate(state);
  if (template === null) return haltDrill('fault-refused', 'FIS does not show the template that was created');
  const marks = listMarkChanges(state, { kind: 'experiment', template, made: planned.makes !== null }, now);
  const start = makeStart(state, template, planned);
  return makeChanges(state, [...marks, start], now) ?? awaitExperiment(state, now);
}

/** Why an experiment that had no effect ends the drill. */
const ENDS: Readonly<Record<string, Reason>> = {
  cancelled: 'kill-switch',
  failed: 'fault-refused',
  stopped: 'halted',
};

/** The experiment was started: wait for the first task that it stops, or for its end without one. */
function awaitExperiment(state: DrillState, now: Instant): Step {
  const evidence = evidenceOf(state.index);
  const experiment = listFacts(state.world, 'experiment')[0];
  if (experiment === undefined) {
    const known = findFact(state.world, 'fis-of-drill', state.drill)?.experiments[0];
    return lookAgain(state, known === undefined ? ofDrill(state) : subjectOf(known), now);
  }
  const began = findActionStart(experiment);
  // What a task's stop is compared with must be known before it is called ours.
  const isOpen = began === null && !hasExperimentEnded(experiment);
  if (hitsOf(evidence).length > 0)
    return isOpen ? lookAgain(state, subjectOf(experiment), now) : awaitHit(state, now);
  if (!hasExperimentEnded(experiment)) return awaitHit(state, now);
  const seen = evidence.firstLook('experiment', experiment.id, hasExperimentEnded)?.answeredAt ?? now;
  const reason = ENDS[experiment.status];
  const said = describeExperiment(experiment);
  if (reason !== undefined && began === null) return haltDrill(reason, `${said}: nothing was injected`);
  const sure = seen + (reason === undefined ? GONE_AFTER : SURE_AFTER);
  const call = listPossibleSendings(state, 'start-experiment').at(-1)?.call;
  const host = findFact(state.world, 'instance', call?.instance ?? '');
  if (now < sure || (host !== undefined && host.status !== 'ACTIVE')) return awaitHit(state, now);
  return reason === undefined
    ? endWatch('settled', `${said}, and no task was stopped`)
    : haltDrill(reason, `${said}, and no task was stopped`);
}

function subjectOf({ id }: Pick<Experiment, 'id'>): Subject {
  return { kind: 'experiment', id };
}

/**
 * Step: what shows the experiment is read at a pace, with what the fault reaches. Where it cannot be read for long, a task that
 * goes down is watched all the same: whose doing that was stays open, and what becomes of the job does not.
 */
function lookAgain(state: DrillState, subject: Subject, now: Instant): Step {
  const isHit = hitsOf(evidenceOf(state.index)).length > 0;
  if (isHit && findLastingTrouble(state, [subject], now, PATIENCE) !== null) return awaitHit(state, now);
  const deadline = state.deadline ?? now;
  if (now >= deadline)
    return endWatch('gap', 'limits.verdictWithin ended, and FIS had not shown the experiment');
  const { triedAt = 0 } = markOf(state, subject.kind, subject.id) ?? {};
  const asks = listFollowAsks(state, state.plan.scenario.limits.pollEvery);
  if (now - triedAt >= 1_000) return { do: 'observe', asks: [fresh(subject)], by: now };
  return { do: 'observe', asks, by: Math.min(deadline, triedAt + 1_000) };
}

/** Stops what still goes on of the experiment, then deletes the template that the drill made; null where nothing is left. */
export function restoreExperiment(state: DrillState, now: Instant): Step | null {
  const made = listPossibleSendings(state, 'create-template').length > 0;
  if (!made && listPossibleSendings(state, 'start-experiment').length === 0) return null;
  const subject = ofDrill(state);
  const shown = () => findFact(state.world, subject.kind, subject.id);
  const running = (): string | undefined =>
    shown()?.experiments.find((one) => !hasExperimentEnded(one) && one.status !== 'stopping')?.id;
  const template = (): string | undefined => (made ? shown()?.templates[0] : undefined);
  // What was read before the last call of the fault was answered does not show what that did.
  const answers = state.injections.map(({ answeredAt, intendedAt }) => answeredAt ?? intendedAt);
  const after = Math.max(...answers) + 1;
  const restore = (id: () => string | undefined, makeBack: (id: string) => Call): Step | null => {
    const { kind } = makeBack('');
    const isAbout = (call: Call): boolean => call.kind === kind;
    const back = () => makeBack(id() ?? '');
    const isOurs = (): boolean => id() !== undefined;
    return restoreOurs(state, { subjects: [subject], isOurs, makeBack: back, isAbout, after }, now);
  };
  return (
    restore(running, (experiment) => ({ kind: 'stop-experiment', experiment })) ??
    (made ? restore(template, (id) => ({ kind: 'delete-template', template: id })) : null)
  );
}

/** What of it stays, and why. */
export function describeExperimentLeft(state: DrillState): readonly string[] {
  const isMade = listPossibleSendings(state, 'create-template').length > 0;
  const isStarted = listPossibleSendings(state, 'start-experiment').length > 0;
  if (!isMade && !isStarted) return [];
  const subject = ofDrill(state);
  const has = (kind: Call['kind']): boolean =>
    state.undos.some(({ call, result }) => call.kind === kind && result === 'ok');
  if (!hasBeenCompared(state, subject) && !has('delete-template') && !has('stop-experiment'))
    return [
      `FIS could not be asked what it still holds of the drill: it has the tag gameday-drill=${state.drill}`,
    ];
  return [];
}

/** The stop conditions of a named template, for the person who is asked. */
export function describeStopConditions({ stopConditions }: FisTemplate): string {
  return stopConditions.length === 0
    ? 'FIS stops it for no condition'
    : `FIS stops it when one of these alarms is raised: ${stopConditions.join(', ')}`;
}
