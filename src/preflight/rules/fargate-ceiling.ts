import { inSeconds } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, found } from '../finding.ts';
import { boundOf } from '../step-times.ts';
import { FARGATE_CEILING } from '../../worker/stop-window.ts';

/** All that Fargate gives is given, and a longer step is lost all the same: true of it, and nothing to mend here. */
export const fargateCeiling: Rule = {
  id: 'fargate-ceiling',
  rule: 'No step needs more than the 120 s at which Fargate ends: what does is lost, whatever the definition says.',
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
    return found({
      severity: 'note',
      document: 'taskDefinition',
      path: [...agent.path, 'stopTimeout'],
      seen: `stopTimeout is ${inSeconds(agent.stopTimeout ?? 0)} s, the most that Fargate gives`,
      why: `A job with more than ${inSeconds(granted)} s to go at SIGTERM is still killed and lost.`,
      todo: 'Keep steps short or let them continue from a checkpoint; as a backstop retry exit status -1; else run them on EC2, where stopTimeout has no ceiling.',
      edits: [],
      unknown: pipeline === null ? 'how long the steps take: give --pipeline' : null,
    });
  },
};
