import { seconds } from '../../checks/times.ts';
import { endedAt } from '../../evidence/job-times.ts';
import type { Cause } from './cause.ts';
import { fromTo } from './clocks.ts';
import { foreseenBy, type Grounds } from './grounds.ts';
import { between } from './start.ts';

/** On a second SIGTERM, or on SIGQUIT, the agent cancels its job: signal reason `agent_stop`. */
export const toldTwice: Cause = {
  name: 'told-twice',
  means: 'The agent was told to stop a second time, or by SIGQUIT, and canceled its job.',
  judge(grounds) {
    const { hurt, worker, stop, evidence } = grounds;
    if (hurt?.job.signalReason !== 'agent_stop') return null;
    const ended = endedAt(hurt.job);
    const after =
      ended === null || stop === null
        ? ''
        : ` ${seconds(Math.max(0, fromTo(evidence, stop, ended)))} after the stop`;
    const forced = worker?.value.stopForcedAt ?? null;
    const who =
      forced === null
        ? whoTold(grounds)
        : `Buildkite shows a forced stop of the agent by ${worker?.value.stopForcedBy ?? 'somebody whom it does not name'}`;
    return {
      weight: 'proven',
      said: `the agent was told to stop twice (a second SIGTERM, or one SIGQUIT) and canceled its job${after}: signal reason agent_stop. ${who}`,
      events: [
        evidence.strike?.sentSeq ?? null,
        hurt.seen.seq,
        forced === null ? null : (worker?.seq ?? null),
      ],
      saves: savesOf(grounds),
      experiment: null,
    };
  },
};

function whoTold(grounds: Grounds): string {
  const rule = foreseenBy(grounds, 'stop-signal', 'kubernetes-exec');
  if (rule !== null) return `Preflight shows why: ${rule.seen}`;
  const way = between(grounds);
  if (way.by === 'nothing' && way.sure)
    return 'The journal does not show who sent it; the definition starts the agent itself, so look outside of it: hooks, a script on the host, a STOPSIGNAL of the image';
  return `The journal does not show who sent it; look first at what stands before the agent: ${way.by === 'nothing' ? "the image's entry point" : way.name}`;
}

function savesOf(grounds: Grounds): string {
  const rule = foreseenBy(grounds, 'stop-signal', 'kubernetes-exec', 'shell-form', 'init-with-shell');
  const one = 'one SIGTERM to the agent and no second signal until stopTimeout';
  if (rule === null) return one;
  return `${one}: ${rule.change ?? rule.todo}`;
}
