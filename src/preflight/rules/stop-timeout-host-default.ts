import { stopTimeoutEdit } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, found } from '../finding.ts';
import { FARGATE_CEILING } from '../../worker/stop-window.ts';
import { longestStep } from './step-over-window.ts';

/** On EC2 a container without a stopTimeout has what its host says, and no API shows that. */
export const stopTimeoutHostDefault: Rule = {
  id: 'stop-timeout-host-default',
  rule: 'Off Fargate the agent has a `stopTimeout`: without one the host decides, and nobody can see how.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html (ECS_CONTAINER_STOP_TIMEOUT: default 30s)',
  ],
  judge(subject) {
    const { agent, worker } = subject;
    const { launch } = worker;
    if (agent.stopTimeout !== null || launch.kind === 'fargate') return CLEAN;
    const ms = Math.max(FARGATE_CEILING, (longestStep(subject)?.seconds ?? 0) * 1000);
    return found({
      severity: 'warning',
      document: 'taskDefinition',
      path: agent.path,
      seen: `container ${agent.name} has no stopTimeout`,
      why: 'The host then sends SIGKILL when its own ECS_CONTAINER_STOP_TIMEOUT is over, 30 s unless somebody set it, and a job with more to go is lost.',
      todo: 'Say it in the definition, as long as the longest step takes: on EC2 nothing limits it, and an idle agent leaves at once all the same.',
      edits: [stopTimeoutEdit(agent, ms)],
      unknown:
        launch.kind === 'unknown'
          ? 'what the tasks run on: on Fargate it is 30 s, on EC2 the host decides'
          : 'ECS_CONTAINER_STOP_TIMEOUT of the hosts: it is in no answer of ECS',
    });
  },
};
