import { inSeconds, editStopTimeout } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { boundOf, timesText } from '../step-times.ts';
import { FARGATE_CEILING, FARGATE_FLOOR } from '../../worker/stop-window.ts';
import { findLongestStep } from './step-over-window.ts';

/** A stopTimeout below Fargate's limit saves nothing, and loses jobs that a longer one would save. */
export const stopTimeoutShort: Rule = {
  id: 'stop-timeout-short',
  rule: 'On Fargate the agent has the longest `stopTimeout` allowed, 120 s.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout: on Fargate 2 to 120 seconds)',
  ],
  judge(subject) {
    const { agent, worker, pipeline } = subject;
    const { stopTimeout } = agent;
    if (stopTimeout === null || worker.launch.kind !== 'fargate') return CLEAN;
    const most = worker.stop.agent.ceiling ?? FARGATE_CEILING;
    if (stopTimeout < FARGATE_FLOOR || stopTimeout >= most) return CLEAN;
    const steps = pipeline?.dynamic === false ? pipeline.steps : [];
    const fits =
      steps.length > 0 && steps.every((step) => (boundOf(subject, step) ?? Infinity) * 1000 <= stopTimeout);
    if (fits) return CLEAN;
    const longest = findLongestStep(subject);
    const told = longest?.times == null ? '' : ` Step ${longest.name} ${timesText(longest.times)}.`;
    return judgementOf({
      severity: 'warning',
      document: 'taskDefinition',
      path: [...agent.path, 'stopTimeout'],
      seen: `stopTimeout is ${inSeconds(stopTimeout)} s`,
      why: `A job that has more than ${inSeconds(stopTimeout)} s to go at SIGTERM is killed and lost; Fargate would allow it up to ${inSeconds(most)} s. An idle agent exits at once whatever the value is.${told}`,
      todo: `Raise it to ${inSeconds(most)} s. Deployments then wait up to that long for busy workers.`,
      edits: [editStopTimeout(agent, most)],
      unknown: pipeline === null && told === '' ? 'how long the steps take: give --pipeline' : null,
    });
  },
};
