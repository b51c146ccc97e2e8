import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { durationOf, isOn } from '../../worker/settings.ts';

/** Milliseconds; an idle worker that stays longer delays the autoscaler. */
const LONG = 60_000;
const SHORT = '10';

/** If an idle agent never exits, only a stop ends its task. */
export const idleTimeout: Rule = {
  id: 'idle-timeout',
  rule: 'An idle agent exits by itself within a minute: `--disconnect-after-idle-timeout`.',
  severities: ['note'],
  sources: ['https://buildkite.com/docs/agent/self-hosted/configure (disconnect-after-idle-timeout)'],
  judge({ settings, agent }) {
    if (isOn(settings.get('disconnect-after-job'))) return CLEAN;
    const idle = settings.get('disconnect-after-idle-timeout');
    const open = idle === null ? settings.whyOpen('disconnect-after-idle-timeout') : null;
    if (open !== null) return notKnown(`whether an idle agent exits by itself: ${open}`);
    const ms = durationOf(idle) ?? 0;
    if (ms > 0 && ms <= LONG) return CLEAN;
    return judgementOf({
      severity: 'note',
      document: idle?.document ?? 'taskDefinition',
      path: idle?.path ?? agent.path,
      seen:
        ms === 0
          ? 'no --disconnect-after-idle-timeout'
          : `--disconnect-after-idle-timeout ${idle?.value ?? ''}`,
      why: 'Idle workers stay until something stops them, so every scale-in is a stop, and the scheduler does not know which of them is busy. An agent before 3.138 that leaves by itself exits 0 also where the stop signal never reached it: a drill must inject while it is busy.',
      todo: `Let it exit after ${SHORT} s without a job, where the service or the autoscaler replaces workers on demand.`,
      edits: idle === null ? settings.add('disconnect-after-idle-timeout', SHORT) : idle.with(SHORT),
      unknown: settings.configFile === null ? null : `whether ${settings.configFile} sets it`,
    });
  },
};
