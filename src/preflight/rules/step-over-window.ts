import { ofContainer } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, found, notKnown } from '../finding.ts';
import type { Step, Subject } from '../subject.ts';
import { DEFAULT_STOP_TIMEOUT, FARGATE_CEILING, stopTimeoutOf } from '../window.ts';

/** Seconds that the longest step takes or may take, null where no step says anything. */
export function longestStep({
  pipeline,
}: Subject): { readonly step: Step; readonly seconds: number; readonly sure: boolean } | null {
  const steps = (pipeline?.steps ?? []).map((step) => ({
    step,
    seconds: Math.max(step.atLeast, step.atMost ?? 0),
    sure: step.atLeast >= (step.atMost ?? 0),
  }));
  return steps.filter(({ seconds }) => seconds > 0).toSorted((a, b) => b.seconds - a.seconds)[0] ?? null;
}

/** A step that takes longer than the agent has to drain is lost whenever the stop comes early in it. */
export const stepOverWindow: Rule = {
  id: 'step-over-window',
  rule: 'Every step is over within the `stopTimeout` of the agent, as far as its own lines tell how long it takes.',
  severities: ['error', 'warning', 'note'],
  sources: [
    'https://buildkite.com/docs/pipelines/configure/step-types/command-step (timeout_in_minutes)',
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout)',
  ],
  judge(subject) {
    const { agent, launch, pipeline } = subject;
    if (pipeline === null) return notKnown('how long the steps take: give --pipeline');
    const seconds = stopTimeoutOf(agent, launch) ?? DEFAULT_STOP_TIMEOUT;
    const longest = longestStep(subject);
    if (longest === null) return notKnown('how long the steps take: none has a timeout_in_minutes');
    if (longest.seconds <= seconds) return CLEAN;
    const { step, sure } = longest;
    const ceiling = launch.kind === 'fargate' ? FARGATE_CEILING : Infinity;
    const needed = Math.ceil(longest.seconds);
    const wanted = Math.min(needed, ceiling);
    const mendable = wanted > seconds && wanted >= needed;
    const takes = sure
      ? `sleeps ${String(longest.seconds)} s`
      : `may take ${String(longest.seconds / 60)} min (timeout_in_minutes)`;
    return found({
      severity: sure ? 'error' : mendable || seconds < ceiling ? 'warning' : 'note',
      document: 'pipeline',
      path: step.path,
      seen: `step ${step.name} ${takes}, and the agent has ${String(seconds)} s to drain`,
      why: `A stop that comes while it has more than ${String(seconds)} s to go kills it.`,
      todo: mendable
        ? `Give the agent ${String(wanted)} s.`
        : `No stopTimeout on Fargate is that long: shorten the step, retry exit status -1 as a backstop, or run it on EC2.`,
      edits: mendable ? [ofContainer(agent, 'stopTimeout', wanted)] : [],
      unknown: sure ? null : 'how long it really takes: its time-out only bounds it',
    });
  },
};
