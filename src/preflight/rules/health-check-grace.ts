import { editDocument, editContainer } from '../edits.ts';
import type { Finding, Rule } from '../finding.ts';
import { judgementOf } from '../finding.ts';
import { isObject, itemsOf, member, numberOf } from '../json.ts';

/** Seconds in which an agent can be expected to start. */
const START = 60;

/** A health check that counts while the agent starts or drains stops healthy workers. */
export const healthCheckGrace: Rule = {
  id: 'health-check-grace',
  rule: 'A health check gives the agent time to start: `startPeriod`, and `healthCheckGracePeriodSeconds` behind a load balancer.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html (startPeriod, interval, retries)',
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html (healthCheckGracePeriodSeconds)',
  ],
  judge({ agent, documents }) {
    const check = member(agent.value, 'healthCheck');
    const service = documents.service?.value;
    const findings: Finding[] = [];
    const granted = numberOf(member(check, 'startPeriod')) ?? 0;
    // Defaults of API_HealthCheck: interval 30 s, 3 retries.
    const within = (numberOf(member(check, 'interval')) ?? 30) * (numberOf(member(check, 'retries')) ?? 3);
    if (isObject(check) && granted < START && granted + within < 2 * START)
      findings.push({
        severity: 'warning',
        document: 'taskDefinition',
        path: [...agent.path, 'healthCheck'],
        seen: `the health check of ${agent.name} grants ${String(granted)} s to start, and fails it after ${String(within)} s more`,
        why: 'ECS replaces a task whose essential container is unhealthy, busy or not. That is a stop like any other, with SIGTERM and stopTimeout, at a moment that nobody chose.',
        todo: `Grant ${String(START)} s, and check whether the process is alive, not whether it takes jobs: a draining agent takes none.`,
        edits: [editContainer(agent, 'healthCheck', { ...check, startPeriod: START })],
        unknown: 'what the command checks, and whether it still succeeds while the agent drains',
      });
    const balanced = itemsOf(member(service, 'loadBalancers')).length > 0;
    if (balanced && (numberOf(member(service, 'healthCheckGracePeriodSeconds')) ?? 0) < START)
      findings.push({
        severity: 'warning',
        document: 'service',
        path:
          member(service, 'healthCheckGracePeriodSeconds') === undefined
            ? []
            : ['healthCheckGracePeriodSeconds'],
        seen: `the service is behind a load balancer with ${String(numberOf(member(service, 'healthCheckGracePeriodSeconds')) ?? 0)} s of grace`,
        why: 'ECS stops a task that does not answer the load balancer in time. And every stop begins later: ECS first deregisters the task and waits for the deregistration delay.',
        todo: `Grant ${String(START)} s; an agent serves no requests, so it needs no load balancer at all.`,
        edits: [editDocument(documents, 'service', ['healthCheckGracePeriodSeconds'], START)],
        unknown: null,
      });
    return judgementOf(...findings);
  },
};
