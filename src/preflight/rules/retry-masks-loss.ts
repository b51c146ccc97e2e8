import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { member } from '../json.ts';
import { matchesLostAgent, rulesOf } from '../retries.ts';

/** A retry that rescues a build hides the loss. */
export const retryMasksLoss: Rule = {
  id: 'retry-masks-loss',
  rule: 'Where lost agents are retried, losses are watched by something else than the state of the build.',
  severities: ['note'],
  sources: [
    'https://buildkite.com/docs/pipelines/configure/retry (a retried job no longer counts for its build)',
  ],
  judge({ pipeline }) {
    const masked = (pipeline?.steps ?? []).filter(({ value }) =>
      rulesOf(member(member(value, 'retry'), 'automatic')).some((rule) => matchesLostAgent(rule) === 'yes'),
    );
    const [first] = masked;
    if (first === undefined) return CLEAN;
    return judgementOf({
      severity: 'note',
      document: 'pipeline',
      path: [...first.path, 'retry', 'automatic'],
      seen: `${masked.map(({ name }) => name).join(', ')}: a job of a lost agent is retried`,
      why: 'The build passes although a job was lost: its minutes are paid twice, and nobody sees it.',
      todo: 'Keep it as a backstop, and let drills forbid it (expect.handover: forbidden, the default), so that a retry does not count as a drain.',
      edits: [],
      unknown: null,
    });
  },
};
