import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { isOn } from '../../worker/settings.ts';

/** An agent that exits after each job looks drained, whether the signal reached it or not. */
export const disconnectAfterJob: Rule = {
  id: 'disconnect-after-job',
  rule: 'With one job a worker (`--disconnect-after-job`) a clean exit is no evidence of a drain.',
  severities: ['note'],
  sources: ['https://buildkite.com/docs/agent/self-hosted/configure (disconnect-after-job)'],
  judge({ settings }) {
    const set = settings.get('disconnect-after-job');
    if (set === null || !isOn(set)) return CLEAN;
    return judgementOf({
      severity: 'note',
      document: set.document,
      path: set.path,
      seen: '--disconnect-after-job',
      why: 'The agent exits 0 by itself after its job, even if a shell swallowed the stop signal: a short step hides that the worker does not drain. And every job costs the start of a task.',
      todo: 'Keep it if each job needs a fresh worker, and rehearse with a step that is longer than the stopTimeout; else remove it and use --disconnect-after-idle-timeout.',
      edits: set.without,
      unknown: null,
    });
  },
};
