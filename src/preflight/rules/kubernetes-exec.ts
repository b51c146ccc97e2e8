import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { isOn } from '../../worker/settings.ts';

/** In Kubernetes mode the first SIGTERM already cancels the job. */
export const kubernetesExec: Rule = {
  id: 'kubernetes-exec',
  rule: 'The agent is not in Kubernetes mode (`--kubernetes-exec`).',
  severities: ['error'],
  sources: [
    'https://github.com/buildkite/agent-stack-k8s/issues/903 (since v3.110.0 the first SIGTERM is not graceful)',
  ],
  judge({ settings, version }) {
    const set = settings.get('kubernetes-exec');
    if (set === null || !isOn(set)) return CLEAN;
    return judgementOf({
      severity: 'error',
      document: set.document,
      path: set.path,
      seen: '--kubernetes-exec',
      why: 'In this mode the agent treats the first SIGTERM as the second one (since 3.110.0): it cancels its job at once instead of finishing it.',
      todo: 'Remove it: it is for pods of the Kubernetes stack.',
      edits: set.without,
      unknown: version === null ? 'the version of the agent' : null,
      data: { about: 'canceling-stop', by: '--kubernetes-exec', sure: isSince(version?.numbers ?? null) },
    });
  },
};

function isSince(version: readonly [number, number, number] | null): boolean {
  if (version === null) return false;
  const [major, minor] = version;
  return major > 3 || (major === 3 && minor >= 110);
}
