import { listDependencies, editContainer, placeIn } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { isObject, member } from '../json.ts';
import { hasRunToEnd, listStoppedAfter } from '../../worker/stop-window.ts';

/** A sidecar that the agent does not depend on is stopped at the same moment as the agent, in the middle of its job. */
export const sidecarBeforeAgent: Rule = {
  id: 'sidecar-before-agent',
  rule: 'The agent depends on its sidecars, so that they are stopped after it.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (dependsOn: reversed at shutdown)',
  ],
  judge(subject) {
    const { agent, sidecars, worker } = subject;
    const after = listStoppedAfter(agent.name, worker.containers);
    const early = sidecars.filter(
      ({ name, dependsOn }) =>
        !after.includes(name) && !hasRunToEnd(name, worker.containers) && !dependsOn.includes(agent.name),
    );
    if (early.length === 0) return CLEAN;
    const names = early.map(({ name }) => name);
    const added = early.map(({ name, value }) => ({
      containerName: name,
      condition: isObject(member(value, 'healthCheck')) ? 'HEALTHY' : 'START',
    }));
    return judgementOf({
      severity: 'warning',
      ...placeIn(agent, 'dependsOn'),
      seen: `${agent.name} does not depend on ${names.join(', ')}`,
      why: 'At a stop all containers get their signal at the same moment. While the agent finishes its job, the sidecars that the job uses are gone: a proxy, a Docker daemon, the log router. If an essential sidecar ends first, the task ends.',
      todo: 'Let the agent depend on them: at shutdown ECS reverses the order, and each has its own stopTimeout after the agent has ended.',
      edits: [editContainer(agent, 'dependsOn', [...listDependencies(agent), ...added])],
      unknown: `whether a job needs ${names.join(', ')}`,
    });
  },
};
