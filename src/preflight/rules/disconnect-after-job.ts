import type { Rule } from '../finding.ts';
import { CLEAN, found } from '../finding.ts';
import { isOn } from '../../worker/settings.ts';

/** An agent that leaves after each job looks drained, whether the signal reached it or not. */
export const disconnectAfterJob: Rule = {
  id: 'disconnect-after-job',
  rule: 'Whoever runs one job a worker (`--disconnect-after-job`) knows that its clean exit proves no drain.',
  severities: ['note'],
  sources: ['https://buildkite.com/docs/agent/self-hosted/configure (disconnect-after-job)'],
  judge({ settings }) {
    const set = settings.get('disconnect-after-job');
    if (set === null || !isOn(set)) return CLEAN;
    return found({
      severity: 'note',
      document: set.document,
      path: set.path,
      seen: '--disconnect-after-job',
      why: 'The agent leaves after its job and exits 0 by itself, also where a shell ate the stop signal: a short step hides a dead drain. And every job costs the start of a task.',
      todo: 'Keep it if each job shall have a fresh worker, and rehearse with a step that is longer than the stopTimeout of a worker that hears nothing; else take it out and use --disconnect-after-idle-timeout.',
      edits: set.without,
      unknown: null,
    });
  },
};
