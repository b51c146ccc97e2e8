import { listNamedSubjects } from '../drill/gate.ts';
import { readPreflightFact } from '../drill/look.ts';
import { askSubject, stampAnswer } from '../drill/questions.ts';
import type { Answered, Sources } from '../drill/questions.ts';
import { systemClock } from '../http/clock.ts';
import type { NewEvent } from '../journal/events.ts';
import type { Answer } from '../model/answer.ts';
import type { Protection } from '../model/entities/task.ts';
import { createMemoryJournal } from '../journal/file.ts';
import { formatStep, makeHistoryId } from '../model/step-name.ts';
import { findFact, type Subject } from '../model/world.ts';
import { timesOf } from '../preflight/step-times.ts';
import { GUARDS } from '../safety/list.ts';
import { answersOf } from '../safety/guard.ts';
import type { ScenarioPlan } from '../scenario/plan.ts';
import { hasBuild } from '../scenario/schema.ts';
import { BUDGET, listInjectionSubjects } from '../scenario/subjects.ts';
import { stepOf } from '../scenario/when.ts';
import { fold, isInjecting, type DrillState } from '../state/state.ts';
import { isServiceFact } from '../state/trouble.ts';
import { makeDrillId } from '../cli/plan-drill.ts';
import type { Seen } from './seen.ts';

/** Asks what a drill with this plan would meet, as at its gate; changes nothing. */
export async function examinePlan(
  plan: ScenarioPlan,
  services: Sources,
  { proxies, ledger }: Pick<Seen, 'proxies' | 'ledger'>,
  signal: AbortSignal,
): Promise<Seen> {
  const journal = createMemoryJournal(makeDrillId(systemClock.now()), [], systemClock.now);
  await journal.append({ code: 'GD_DRILL_PLANNED', payload: { plan } }, false);
  const observe = async (answers: Promise<readonly Answered[]>): Promise<DrillState> => {
    const read = await answers;
    const payload = { reads: read.map((one) => one.read), facts: read.flatMap(({ facts }) => facts) };
    await journal.append({ code: 'GD_OBSERVED', payload } satisfies NewEvent, false);
    return fold(journal.events);
  };
  const ask = (subjects: readonly Subject[], world: DrillState['world']): Promise<readonly Answered[]> =>
    Promise.all(
      subjects.map((subject) =>
        askSubject(subject, journal.drill, plan, world, services, systemClock, signal),
      ),
    );

  const { service, name } = plan.scenario.cluster;
  const gate = listInjectionSubjects(plan);
  const [first, user, document, caller, stateFolder] = await Promise.all([
    observe(
      ask([...gate.filter(({ kind }) => kind !== 'preflight' && kind !== 'scaling'), ...listMore(plan)], {}),
    ),
    services.buildkite.viewer(signal),
    service === null ? null : services.ecs.serviceDocument(name, service, signal),
    services.ecs.caller(signal),
    services.surroundings.stateFolder(),
  ]);
  const own = listNamedSubjects(first);
  const arns = findFact(first.world, 'tasks-of', plan.lockKey)?.arns ?? [];
  const protections =
    service === null || arns.length === 0 ? null : await readProtections(services, name, arns, signal);
  const state = await observe(
    Promise.all([ask([BUDGET, ...own], first.world), lookAtDefinition(first, plan, services, signal)]).then(
      (all) => all.flat(),
    ),
  );
  const isUnread = [...gate, ...own].some(
    ({ kind, id }) => isServiceFact(kind) && findFact(state.world, kind, id) === undefined,
  );
  const now = systemClock.now();
  return {
    ...{ plan, state, user, service: document, protections, caller, stateFolder, proxies, ledger, now },
    guards: !isInjecting(state) ? [] : isUnread ? null : answersOf(GUARDS, state, now, 'gate'),
  };
}

/** GetTaskProtection takes a hundred tasks. */
const AT_ONCE = 100;

/** The scale-in protection of all these tasks, or the first answer that is none. */
async function readProtections(
  { ecs }: Sources,
  cluster: string,
  arns: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly Protection[]>> {
  const found: Protection[] = [];
  for (let at = 0; at < arns.length; at += AT_ONCE) {
    const answer = await ecs.protections(cluster, arns.slice(at, at + AT_ONCE), signal);
    if (!answer.ok) return answer;
    found.push(...answer.value);
  }
  return { ok: true, value: found };
}

/** What a drill asks later, and doctor at once: the step's past, and which tasks there are. */
function listMore({ scenario, lockKey }: ScenarioPlan): readonly Subject[] {
  const step = stepOf(scenario.when);
  const { service } = scenario.cluster;
  return [
    { kind: 'tasks-of', id: lockKey },
    ...(service === null ? [] : [{ kind: 'scaling', id: service } as const]),
    ...(step === null || !hasBuild(scenario)
      ? []
      : [{ kind: 'step-history', id: makeHistoryId(scenario.build.pipeline, step) } as const]),
  ];
}

/** The rules of preflight, with what was read of the step and of the running tasks. */
async function lookAtDefinition(
  state: DrillState,
  plan: ScenarioPlan,
  services: Sources,
  signal: AbortSignal,
): Promise<Answered> {
  const step = stepOf(plan.scenario.when);
  const [past] = Object.values(state.world).flatMap((fact) =>
    fact.kind === 'step-history' ? [fact.value] : [],
  );
  const mapping = findFact(state.world, 'mapping', plan.lockKey) ?? null;
  const seconds = (past?.durations ?? []).map((ms) => ms / 1000);
  const sentAt = systemClock.now();
  const subject: Subject = { kind: 'preflight', id: 'preflight' };
  const answer = await readPreflightFact(subject.id, plan, state.world, services, signal, {
    mapping,
    agentVersions: mapping === null || mapping.versions.length === 0 ? null : mapping.versions,
    history: step === null || past === undefined ? null : [timesOf(formatStep(step), seconds)],
  });
  return stampAnswer(subject, sentAt, systemClock.now(), answer, services);
}
