import type { Rule } from '../finding.ts';
import { CLEAN, found } from '../finding.ts';

/** The flag that is believed to bound the drain, and does nothing for it. */
export const cancelGraceNoDrain: Rule = {
  id: 'cancel-grace-no-drain',
  rule: 'Nobody counts on `--cancel-grace-period` for the drain: only `stopTimeout` bounds it.',
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
    return found({
      severity: fatal ? 'error' : 'note',
      document: grace.document,
      path: grace.path,
      seen: `--cancel-grace-period ${grace.value}`,
      why: removed
        ? `Version 4 has no such flag, and ${version.said}: ${fatal ? 'the agent does not start with it' : 'it is ignored'}.`
        : 'After SIGTERM the agent waits for its job without any limit of its own; this time counts from a second signal, a cancel or a time-out on, and ECS sends one signal. It neither bounds nor lengthens a drain, and version 4 of the agent, the stable one since September 2026, does not start with the flag.',
      todo: removed
        ? 'Take it out; what a canceled job is given is --cancel-signal-timeout and --cancel-cleanup-timeout now.'
        : 'Take it out, or keep it for canceled jobs alone; what the drain needs is stopTimeout.',
      edits: grace.without,
      unknown: version === null ? 'the version of the agent' : null,
    });
  },
};
