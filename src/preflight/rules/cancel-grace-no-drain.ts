import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';

/** A flag that is often believed to limit the drain, but does not. */
export const cancelGraceNoDrain: Rule = {
  id: 'cancel-grace-no-drain',
  rule: 'The drain does not depend on `--cancel-grace-period`: only `stopTimeout` limits it.',
  severities: ['error', 'note'],
  sources: [
    'https://buildkite.com/docs/agent/self-hosted/configure (cancel-grace-period: what a canceled or timed-out job is given)',
    'https://buildkite.com/docs/agent/v3-v4-upgrade-guide (v4 takes cancel-signal-timeout and cancel-cleanup-timeout instead)',
  ],
  judge({ settings, version }) {
    const grace = settings.get('cancel-grace-period');
    if (grace === null) return CLEAN;
    const removed = version !== null && version.numbers[0] >= 4;
    // Removed flags fail loudly, removed variables silently (release notes of v4.0.0).
    const fatal = removed && grace.by === 'flag';
    return judgementOf({
      severity: fatal ? 'error' : 'note',
      document: grace.document,
      path: grace.path,
      seen: `--cancel-grace-period ${grace.value}`,
      why: removed
        ? `Version 4 has no such flag, and ${version.said}: ${fatal ? 'the agent does not start with it' : 'it is ignored'}.`
        : 'After SIGTERM the agent waits for its job without a limit of its own. This time starts at a second signal, a cancel or a time-out, and ECS sends one signal only. So it neither limits nor lengthens a drain. Version 4 of the agent, stable since September 2026, does not start with the flag.',
      todo: removed
        ? 'Remove it; the time of a canceled job is set by --cancel-signal-timeout and --cancel-cleanup-timeout now.'
        : 'Remove it, or keep it for canceled jobs only; the drain needs stopTimeout.',
      edits: grace.without,
      unknown: version === null ? 'the version of the agent' : null,
    });
  },
};
