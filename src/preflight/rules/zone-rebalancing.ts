import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { editDocument } from '../edits.ts';
import { valueAt } from '../json.ts';

/** With Availability Zone rebalancing ECS stops workers whenever the zones are uneven, busy or not. */
export const zoneRebalancing: Rule = {
  id: 'zone-rebalancing',
  rule: 'ECS does not move workers between Availability Zones by itself.',
  severities: ['warning'],
  sources: ['https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html'],
  judge({ documents }) {
    const { service } = documents;
    if (service === null) return notKnown('whether ECS moves tasks between zones: give --service');
    const path = ['availabilityZoneRebalancing'];
    if (valueAt(service.value, path) !== 'ENABLED') return CLEAN;
    return judgementOf({
      severity: 'warning',
      document: 'service',
      path,
      seen: 'availabilityZoneRebalancing is ENABLED',
      why: 'A fleet whose workers come and go is uneven most of the time. ECS then starts a worker in one zone and stops one in another, whether it has a job or not: each such move is a stop that nobody ordered, and it can meet a drill.',
      todo: 'Disable it for workers, or protect busy workers from scale-in.',
      edits: [editDocument(documents, 'service', path, 'DISABLED')],
      unknown: null,
    });
  },
};
