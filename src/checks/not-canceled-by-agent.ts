import { hasJobEnded } from '../model/entities/job.ts';
import { isJudged } from '../evidence/attempts.ts';
import { no, unasked, unknown, yes, type Check } from './check.ts';
import { isHandedOver } from './handover.ts';

export const notCanceledByAgent: Check = {
  name: 'not-canceled-by-agent',
  asks: 'Did the agent leave its job alone?',
  needed: false,
  judge(about) {
    const { evidence, attempts } = about;
    if (evidence.injection === null) return unasked('nothing was injected');
    const judged = attempts.filter(isJudged);
    const stopped = judged.find(
      ({ job }) => job.signalReason === 'agent_stop' && !(job.state === 'finished' && job.passed),
    );
    if (stopped !== undefined) {
      if (evidence.plan.scenario.expect.handover === 'allowed' && isHandedOver(stopped, about))
        return yes('the agent canceled its job, and an automatic retry passed elsewhere', [stopped.seen.seq]);
      const { job } = stopped;
      return no(
        'canceled-by-agent',
        `the agent canceled job ${job.id}: signal reason agent_stop, signal ${job.signal ?? 'none'}, exit status ${job.exitStatus ?? 'none'}`,
        [evidence.injection.sentSeq, stopped.seen.seq],
      );
    }
    const open = judged.find(({ job }) => !hasJobEnded(job));
    if (open !== undefined) return unknown(`job ${open.job.id} had not ended`, [open.seen.seq]);
    return yes(
      'no judged job ended with signal reason agent_stop',
      judged.map((attempt) => attempt.seen.seq),
    );
  },
};
