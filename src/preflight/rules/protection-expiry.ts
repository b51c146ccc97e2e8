import type { Finding, Rule, Severity } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { MOST_MINUTES, protectionCallsIn, type HookCall } from '../hooks.ts';
import type { Subject } from '../subject.ts';
import { findLongestStep, sayLength, unknownOf, type Longest } from './step-over-window.ts';

/** A protection that ends before its job gives the worker to the next deployment or scale-in. */
export const protectionExpiry: Rule = {
  id: 'protection-expiry',
  rule: 'Where hooks protect the task from scale-in while it has a job, the protection lasts as long as the longest job.',
  severities: ['error', 'warning', 'note'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html (ExpiresInMinutes: 1 to 2880, by default 120)',
  ],
  judge(subject) {
    const set = (protectionCallsIn(subject.documents) ?? []).filter(({ enables }) => enables === true);
    const longest = findLongestStep(subject);
    if (set.length === 0) return judgeRunning(subject, longest);
    const open = set.find(({ minutes }) => minutes === null);
    if (open !== undefined)
      return notKnown(`how long the protection of hook ${open.file} lasts: it computes its minutes`);
    const shortest = set.toSorted((a, b) => (a.minutes ?? 0) - (b.minutes ?? 0))[0];
    if (shortest?.minutes == null) return CLEAN;
    const minutes = shortest.minutes;
    if (longest === null)
      return notKnown(
        `whether a job outlasts the protection of ${String(minutes)} min: give --pipeline or --history`,
      );
    if (longest.seconds <= minutes * 60) return CLEAN;
    return judgementOf(findingOf(subject, shortest, minutes, longest));
  },
};

/** Without hooks only the running tasks show a protection, and of that only how much of it is left. */
function judgeRunning({ live, documents }: Subject, longest: Longest | null) {
  const { protection } = live;
  if (documents.hooks !== null || protection === null || protection.protected === 0) return CLEAN;
  const isEnough = longest !== null && protection.left !== null && protection.left >= longest.seconds;
  if (isEnough) return CLEAN;
  return notKnown(
    'whether the protection of the running tasks outlasts their jobs: ECS shows when it ends, not for how long it was set; give --hooks',
  );
}

function findingOf(subject: Subject, call: HookCall, minutes: number, longest: Longest): Finding {
  const drain = subject.worker.stop.agent.granted / 1000;
  const wanted = Math.ceil((longest.times?.most ?? longest.seconds) / 60);
  const isPossible = wanted <= MOST_MINUTES;
  return {
    severity: severityOf(longest, minutes * 60 + drain),
    ...{ document: 'hooks', path: call.path },
    seen: `hook ${call.file} protects the task for ${String(minutes)} min, and step ${longest.name} ${sayLength(longest)}`,
    why: `After ${String(minutes)} min the protection ends although the job runs: a deployment or scale-in that waits for it then stops the worker, which has ${String(drain)} s to drain.`,
    todo: isPossible
      ? `Protect it for ${String(wanted)} min.`
      : `No protection lasts longer than ${String(MOST_MINUTES)} min: renew it while the job runs, or shorten the step.`,
    edits: isPossible ? call.setMinutes(wanted) : [],
    unknown: unknownOf(longest.by, longest.times),
  };
}

/** A job that ends within the drain after its protection is not lost; one that is certain to be longer is. */
function severityOf({ seconds, by, times }: Longest, saved: number): Severity {
  if (seconds <= saved) return 'note';
  return by === 'sleep' || (times !== null && times.median > saved) ? 'error' : 'warning';
}
