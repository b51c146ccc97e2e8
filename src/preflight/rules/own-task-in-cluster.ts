import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';

/** A runner that lives in the cluster that it disturbs may stop itself. */
export const ownTaskInCluster: Rule = {
  id: 'own-task-in-cluster',
  rule: 'gameday does not run in the cluster that it disturbs.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html (TaskARN)',
  ],
  judge({ live }) {
    const { ownTask, cluster } = live;
    if (ownTask === null || cluster === null) return CLEAN;
    const own = /:task\/([^/]+)\//.exec(ownTask)?.[1] ?? null;
    if (own === null || own !== cluster.slice(cluster.lastIndexOf('/') + 1)) return CLEAN;
    return judgementOf({
      severity: 'warning',
      document: 'service',
      path: [],
      seen: `gameday runs as ${ownTask}`,
      why: 'A deployment, a scale-in or a drained host of this cluster may stop the runner together with its target. A drill never stops its own task, but a fault that stops several tasks may reach it.',
      todo: 'Run it on agents of another cluster.',
      edits: [],
      unknown: null,
    });
  },
};
