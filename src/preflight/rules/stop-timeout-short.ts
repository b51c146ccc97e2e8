import { ofContainer } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, found } from '../finding.ts';
import { boundOf, timesText } from '../step-times.ts';
import { FARGATE_CEILING, FARGATE_FLOOR } from '../window.ts';
import { longestStep } from './step-over-window.ts';

/** A stopTimeout below what Fargate gives saves nothing and loses what it could save. */
export const stopTimeoutShort: Rule = {
  id: 'stop-timeout-short',
  rule: 'On Fargate the agent has all the `stopTimeout` there is, 120 s.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout: on Fargate 2 to 120 seconds)',
  ],
  judge(subject) {
    const { agent, launch, pipeline } = subject;
    const { stopTimeout } = agent;
    if (stopTimeout === null || launch.kind !== 'fargate') return CLEAN;
    if (stopTimeout < FARGATE_FLOOR || stopTimeout >= FARGATE_CEILING) return CLEAN;
    const steps = pipeline?.dynamic === false ? pipeline.steps : [];
    const fits =
      steps.length > 0 && steps.every((step) => (boundOf(subject, step) ?? Infinity) <= stopTimeout);
    if (fits) return CLEAN;
    const longest = longestStep(subject);
    const told = longest?.times == null ? '' : ` Step ${longest.name} ${timesText(longest.times)}.`;
    return found({
      severity: 'warning',
      document: 'taskDefinition',
      path: [...agent.path, 'stopTimeout'],
      seen: `stopTimeout is ${String(stopTimeout)} s`,
      why: `A job that has more than ${String(stopTimeout)} s to go at SIGTERM is killed and lost; Fargate would give it up to ${String(FARGATE_CEILING)} s. An idle agent leaves at once whatever stands here.${told}`,
      todo: `Raise it to ${String(FARGATE_CEILING)} s. Deployments then wait up to that long for busy workers.`,
      edits: [ofContainer(agent, 'stopTimeout', FARGATE_CEILING)],
      unknown: pipeline === null && told === '' ? 'how long the steps take: give --pipeline' : null,
    });
  },
};
