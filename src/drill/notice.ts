import { evidenceOf } from '../evidence/evidence.ts';
import type { Target } from '../journal/events.ts';
import type { Notice } from '../model/entities/notice.ts';
import { findFact } from '../model/world.ts';
import type { ScenarioState } from '../state/state.ts';

/**
 * What people are told before this injection; null where nobody is, or once it is written down that they were about to be told:
 * a notice that may have been sent is not sent again, and none announces what may have been done already. For each target there is
 * one.
 */
export function noticeBeforeInjection(
  state: ScenarioState,
  target: Target,
  describeCalls: () => readonly string[],
): Notice | null {
  const { plan, drill, aims, index, injections } = state;
  const { notify, title, cluster, inject } = plan.scenario;
  const id = `${drill}.injection.${String(aims)}`;
  const evidence = evidenceOf(index);
  const isBegun = evidence.events('GD_NOTICE_INTENDED').some(({ payload }) => payload.id === id);
  const consent = evidence.events('GD_CONFIRMED').at(-1)?.payload.answer ?? 'no';
  if (consent === 'no' || consent === 'nobody') return null;
  if (notify.length === 0 || isBegun || injections.length > 0) return null;
  const build = findFact(state.world, 'build', state.buildId ?? '');
  return {
    ...{ about: 'injection', id, drill, title, file: plan.file, label: plan.label, region: plan.region },
    ...{ cluster: cluster.name, service: cluster.service, fault: inject.fault, task: target.taskArn },
    build: build === undefined ? null : { number: build.number, url: build.url },
    ...{ consent, calls: [...describeCalls()] },
  };
}
