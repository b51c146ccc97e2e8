import type { NewEvent } from '../../src/journal/events.ts';
import { planOf } from '../support/plans.ts';

/** A handful of events of different shapes, foreign text among them. */
export function someEvents(): readonly NewEvent[] {
  return [
    { code: 'GD_DRILL_PLANNED', payload: { plan: planOf() } },
    {
      code: 'GD_GUARDS_ANSWERED',
      payload: {
        at: 'gate',
        answers: [{ guard: 'allow-list', holds: true, reason: null, said: 'service build-agents is named' }],
      },
    },
    { code: 'GD_TARGET_DROPPED', payload: { said: 'branch \u001b[31m\u009b naïve — ünïcode 🎯' } },
    { code: 'GD_HALTED', payload: { reason: 'kill-switch', said: 'the kill switch is on' } },
    { code: 'GD_SETTLED', payload: { left: ['build 12'] } },
  ];
}
