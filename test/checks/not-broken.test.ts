import { describe } from 'vitest';
import { notBroken } from '../../src/checks/not-broken.ts';
import { aContainer, aJob, aTask } from '../support/builders.ts';
import { fact, LOST, STARTED, T, REASON, jobEvent } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const failedWith = (over: object): object => ({ passed: false, exitStatus: '1', ...over });
const NEIGHBOUR = aJob({ id: 'neighbour', stepKey: 'lint', events: [STARTED] });
const sidecarGone = fact(
  'task',
  aTask({
    desired: 'STOPPED',
    stoppedReason: REASON,
    stoppingAt: T.landed,
    containers: [aContainer(), aContainer({ name: 'proxy', status: 'STOPPED', exitCode: 0 })],
  }),
);

describe('not-broken', () => {
  holdsTable(notBroken, [
    ['the attempt passed', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    [
      'a signal to the whole group: -1, SIGTERM, no signal reason',
      { job: failedWith({ exitStatus: '-1', signal: 'SIGTERM' }) },
      'no broken-by-stop',
    ],
    ['exit status 143', { job: failedWith({ exitStatus: '143' }) }, 'no broken-by-stop'],
    ['exit status 137', { job: failedWith({ exitStatus: '137' }) }, 'no broken-by-stop'],
    ['exit status 130', { job: failedWith({ exitStatus: '130' }) }, 'no broken-by-stop'],
    [
      'soft-failed by the signal: the colour does not matter',
      { job: failedWith({ exitStatus: '143', softFailed: true }) },
      'no broken-by-stop',
    ],
    ['it failed of itself', { job: failedWith({}) }, 'yes'],
    [
      'with a signal reason it is the agent that did it',
      { job: failedWith({ signal: 'SIGTERM', signalReason: 'agent_stop' }) },
      'yes',
    ],
    ['lost is not broken', { job: LOST }, 'yes'],
    ['it had not ended', { job: { state: 'running', events: [STARTED] } }, 'unknown'],
    [
      'a neighbour was broken',
      {
        before: [fact('job', NEIGHBOUR)],
        after: [
          fact('job', {
            ...NEIGHBOUR,
            state: 'finished',
            exitStatus: '143',
            events: [STARTED, jobEvent('FINISHED', T.stop + 400)],
          }),
        ],
      },
      'no broken-by-stop',
    ],
    [
      'it failed after a sidecar that it depends on had ended',
      {
        definition: { dependsOn: ['proxy'] },
        proof: {},
        job: failedWith({}),
        after: [],
        before: [sidecarGone],
      },
      'no broken-by-stop',
    ],
    [
      'it failed after a container had ended that it does not depend on',
      { job: failedWith({}), before: [sidecarGone] },
      'yes',
    ],
    [
      'it failed, and a container that had to end before the agent began had done so',
      {
        definition: { dependsOn: ['proxy'], conditions: { proxy: 'SUCCESS' } },
        job: failedWith({}),
        before: [sidecarGone],
      },
      'yes',
    ],
    [
      'it passed although a sidecar had ended',
      { definition: { dependsOn: ['proxy'] }, before: [sidecarGone] },
      'yes',
    ],
  ]);
});
