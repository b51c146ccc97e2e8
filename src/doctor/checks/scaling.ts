import { formatSuspension, listRivals } from '../../model/entities/scaling.ts';
import { findFact } from '../../model/world.ts';
import { faultNameOf } from '../../scenario/plan.ts';
import { ok, warning, type Check } from '../seen.ts';

/** What changes the desired count of the service by itself, and what of it works against a scale-in. */
export const scaling: Check = {
  name: 'scaling',
  judge({ plan, state }) {
    const name = plan.scenario.cluster.service;
    const found = name === null ? undefined : findFact(state.world, 'scaling', name);
    if (found === undefined) return [];
    const { target, policies, unknown } = found;
    const unread =
      unknown === null
        ? []
        : [
            warning(
              `what else changes the desired count could not be read: ${unknown}`,
              'A drill goes on without it. The actions are in what `gameday iam` prints for a scale-in.',
            ),
          ];
    if (target === null)
      return unknown === null ? [ok('the service is not registered with Application Auto Scaling')] : unread;
    const by = policies.map(({ name: policy }) => policy).join(', ');
    const said = `Application Auto Scaling keeps the desired count from ${String(target.min)} to ${String(target.max)}${by === '' ? '' : `, by ${by}`}; suspended: ${formatSuspension(target.suspended)}`;
    const desired = findFact(state.world, 'service', name ?? '')?.desired ?? 0;
    const lowers = faultNameOf(plan) === 'scale-in';
    const suspends =
      plan.scenario.inject.fault === 'scale-in' && plan.scenario.inject.autoscaling === 'suspend';
    const rivals = lowers && !suspends ? listRivals(found, desired - 1) : [];
    return [
      ok(said),
      ...rivals.map((rival) =>
        warning(
          rival,
          'Let the drill suspend it meanwhile: inject: { fault: scale-in, autoscaling: suspend }.',
        ),
      ),
      ...unread,
    ];
  },
};
