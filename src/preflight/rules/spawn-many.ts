import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';

/** Several agents in one task die together. */
export const spawnMany: Rule = {
  id: 'spawn-many',
  rule: 'One agent a task: `--spawn` is not more than 1.',
  severities: ['warning'],
  sources: ['https://buildkite.com/docs/agent/self-hosted/configure (spawn)'],
  judge({ settings }) {
    const spawn = settings.get('spawn');
    if (spawn === null || !(Number(spawn.value) > 1)) return CLEAN;
    return judgementOf({
      severity: 'warning',
      document: spawn.document,
      path: spawn.path,
      seen: `--spawn ${spawn.value}`,
      why: `One stop hits the jobs of ${spawn.value} agents, and the task drains as slowly as the slowest of them; scale-in protection cannot spare one agent and give up another. A drill refuses such a task unless cluster.sharedTask allows it.`,
      todo: 'Run one agent a task, and more tasks.',
      edits: spawn.with('1'),
      unknown: null,
    });
  },
};
