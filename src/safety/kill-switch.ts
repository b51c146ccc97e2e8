import { findFact } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

const TAG = 'gameday';

/** A file, a variable, or a tag `gameday=off` on cluster or service stops every injection. */
export const killSwitch: Guard = {
  name: 'kill-switch',
  rule: 'No kill switch is on: file, variable, or tag gameday=off on cluster or service.',
  reason: 'kill-switch',
  judge({ world, plan }) {
    const { name: cluster, service } = plan.scenario.cluster;
    const file = findFact(world, 'kill-switch', 'kill-switch');
    if (file === undefined) return refuses('the kill switch could not be read');
    if (file.thrown !== null) return refuses(`the kill switch is on: ${file.thrown}`);
    const tags = [
      findFact(world, 'cluster', cluster)?.tags,
      service === null ? {} : findFact(world, 'service', service)?.tags,
    ];
    if (tags.some((one) => one === undefined))
      return refuses('the tags of cluster and service could not be read');
    if (tags.some((one) => one?.[TAG] === 'off'))
      return refuses(`the cluster or the service has the tag ${TAG}=off`);
    return holds('no file, variable or tag is set');
  },
};
