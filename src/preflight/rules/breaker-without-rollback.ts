import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { editDocument } from '../edits.ts';
import { valueAt } from '../json.ts';

/** A deployment circuit breaker that rolls nothing back leaves a service that replaces no worker. */
export const breakerWithoutRollback: Rule = {
  id: 'breaker-without-rollback',
  rule: 'A deployment whose tasks fail is rolled back where a circuit breaker ends it.',
  severities: ['note'],
  sources: ['https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html'],
  judge({ documents }) {
    const { service } = documents;
    if (service === null) return notKnown('whether a deployment circuit breaker rolls back: give --service');
    const path = ['deploymentConfiguration', 'deploymentCircuitBreaker'];
    const [isOn, rollsBack] = ['enable', 'rollback'].map(
      (key) => valueAt(service.value, [...path, key]) === true,
    );
    if (isOn !== true || rollsBack === true) return CLEAN;
    return judgementOf({
      severity: 'note',
      document: 'service',
      path,
      seen: 'the deployment circuit breaker is on, without rollback',
      why: 'A deployment whose tasks fail is then FAILED, and ECS starts no further task of it: a worker that leaves is not replaced, the fleet shrinks, and a drill is refused (blast-radius).',
      todo: 'Turn rollback on.',
      edits: [editDocument(documents, 'service', [...path, 'rollback'], true)],
      unknown: null,
    });
  },
};
