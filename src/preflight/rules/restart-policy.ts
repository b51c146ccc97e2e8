import { editContainer } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { member } from '../json.ts';

/** A restart hides that an agent died, and brings back one that exits by itself when idle. */
export const restartPolicy: Rule = {
  id: 'restart-policy',
  rule: "The agent's container has no `restartPolicy`.",
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html (enabled, restartAttemptPeriod)',
  ],
  judge({ agent }) {
    if (member(member(agent.value, 'restartPolicy'), 'enabled') !== true) return CLEAN;
    return judgementOf({
      severity: 'warning',
      document: 'taskDefinition',
      path: [...agent.path, 'restartPolicy'],
      seen: 'restartPolicy is enabled on the agent',
      why: 'It does not apply while a task stops. But an agent that dies during a job is started again in the same task, so the loss leaves no stopped task behind; and an agent that exits when idle is started again.',
      todo: 'Remove it: when an essential agent ends, its task ends, and the service starts another.',
      edits: [editContainer(agent, 'restartPolicy', undefined)],
      unknown: null,
    });
  },
};
