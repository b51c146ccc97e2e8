import { editDocument } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { numberOf, valueAt } from '../json.ts';

/** Percentages that allow neither a stop before a start nor a start before a stop block deployments and draining. */
export const deploymentPercentages: Rule = {
  id: 'deployment-percentages',
  rule: 'The deployment percentages allow a task to be replaced.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html (minimumHealthyPercent rounds up, maximumPercent down)',
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html',
  ],
  judge({ documents }) {
    const { service } = documents;
    if (service === null) return notKnown("the service's deployment percentages: give --service");
    if (valueAt(service.value, ['schedulingStrategy']) === 'DAEMON') return CLEAN;
    // ECS's defaults for a replica service.
    const least =
      numberOf(valueAt(service.value, ['deploymentConfiguration', 'minimumHealthyPercent'])) ?? 100;
    const most = numberOf(valueAt(service.value, ['deploymentConfiguration', 'maximumPercent'])) ?? 200;
    const desired = numberOf(valueAt(service.value, ['desiredCount'])) ?? 100;
    const [lower, upper] = [Math.ceil((desired * least) / 100), Math.floor((desired * most) / 100)];
    if (desired === 0 || lower < desired || upper > desired) return CLEAN;
    const wanted = 100 + Math.ceil(100 / Math.max(1, desired));
    return judgementOf({
      severity: 'error',
      document: 'service',
      path: ['deploymentConfiguration'],
      seen: `minimumHealthyPercent ${String(least)} and maximumPercent ${String(most)} of ${String(desired)} tasks: at least ${String(lower)} must run, at most ${String(upper)} may`,
      why: 'No task may stop before its replacement runs, and no replacement may start before a task stops. A deployment hangs, and a draining host keeps its tasks until it is terminated with them.',
      todo: `Allow more tasks for a while: maximumPercent ${String(Math.max(200, wanted))}.`,
      edits: [
        editDocument(
          documents,
          'service',
          ['deploymentConfiguration', 'maximumPercent'],
          Math.max(200, wanted),
        ),
      ],
      unknown: null,
    });
  },
};
