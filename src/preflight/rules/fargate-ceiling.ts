import { inSeconds } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { boundOf } from '../step-times.ts';
import { FARGATE_CEILING } from '../../worker/stop-window.ts';

/** The definition has all the time that Fargate grants, and a longer step is still lost: nothing to fix there. */
export const fargateCeiling: Rule = {
  id: 'fargate-ceiling',
  rule: "No step needs more than Fargate's limit of 120 s: a longer one is lost, whatever the definition says.",
  severities: ['note'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout: on Fargate 2 to 120 seconds)',
    'https://buildkite.com/docs/pipelines/configure/retry',
  ],
  judge(subject) {
    const { agent, worker, pipeline } = subject;
    if (worker.launch.kind !== 'fargate' || (agent.stopTimeout ?? 0) < FARGATE_CEILING) return CLEAN;
    const { granted } = worker.stop.agent;
    const steps = pipeline?.dynamic === false ? pipeline.steps : [];
    if (steps.length > 0 && steps.every((step) => (boundOf(subject, step) ?? Infinity) * 1000 <= granted))
      return CLEAN;
    return judgementOf({
      severity: 'note',
      document: 'taskDefinition',
      path: [...agent.path, 'stopTimeout'],
      seen: `stopTimeout is ${inSeconds(agent.stopTimeout ?? 0)} s, Fargate's limit`,
      why: `A job with more than ${inSeconds(granted)} s to go at SIGTERM is still killed and lost.`,
      todo: 'Keep steps short or let them continue from a checkpoint, and retry exit status -1 as a backstop; or run them on EC2, where stopTimeout has no limit.',
      edits: [],
      unknown: pipeline === null ? 'how long the steps take: give --pipeline' : null,
    });
  },
};
