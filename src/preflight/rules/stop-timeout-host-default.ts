import { editStopTimeout } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { FARGATE_CEILING } from '../../worker/stop-window.ts';
import { findLongestStep } from './step-over-window.ts';

/** On EC2 the host sets the stop time of a container without a stopTimeout, and no API shows it. */
export const stopTimeoutHostDefault: Rule = {
  id: 'stop-timeout-host-default',
  rule: 'Off Fargate the agent has a `stopTimeout`: without one the host decides, and no API shows its setting.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html (ECS_CONTAINER_STOP_TIMEOUT: default 30s)',
  ],
  judge(subject) {
    const { agent, worker } = subject;
    const { launch } = worker;
    if (agent.stopTimeout !== null || launch.kind === 'fargate') return CLEAN;
    const ms = Math.max(FARGATE_CEILING, (findLongestStep(subject)?.seconds ?? 0) * 1000);
    return judgementOf({
      severity: 'warning',
      document: 'taskDefinition',
      path: agent.path,
      seen: `container ${agent.name} has no stopTimeout`,
      why: 'The host then sends SIGKILL after its own ECS_CONTAINER_STOP_TIMEOUT, 30 s by default, and a job with more to go is lost.',
      todo: 'Set it in the definition, as long as the longest step takes: on EC2 it has no limit, and an idle agent still exits at once.',
      edits: [editStopTimeout(agent, ms)],
      unknown:
        launch.kind === 'unknown'
          ? 'what the tasks run on: on Fargate it is 30 s, on EC2 the host decides'
          : 'ECS_CONTAINER_STOP_TIMEOUT of the hosts: no API of ECS shows it',
    });
  },
};
