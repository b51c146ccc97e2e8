import type { StartFlags } from './flags.ts';
import { say } from './log.ts';
import type { Worker } from './worker.ts';

/** The signals that an agent does something about. */
export type HeardSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP';

/** Hears signals as the real agent does: drain, then cancel, then leave at once; in Kubernetes mode it begins with cancel. */
export function hearSignals(
  workers: () => readonly Worker[],
  { cancelGraceS, kubernetesExec }: Pick<StartFlags, 'cancelGraceS' | 'kubernetesExec'>,
  leave: (code: number) => void,
): (signal: HeardSignal) => void {
  let heard = kubernetesExec ? 1 : 0;
  const cut = (): void => {
    say(`stopping running jobs and leaving within ${cancelGraceS} s`);
    for (const worker of workers()) worker.cut();
    setTimeout(
      () => {
        say('jobs did not end in time: leaving');
        leave(1);
      },
      (cancelGraceS + 1) * 1000,
    ).unref();
  };
  const interrupted = (): void => {
    heard += 1;
    if (heard === 1) {
      say('stopping: the running job finishes first; signal again to cancel it');
      for (const worker of workers()) worker.drain();
    } else if (heard === 2) {
      cut();
    } else {
      say('leaving at once');
      leave(1);
    }
  };
  return (signal) => {
    if (signal === 'SIGHUP') say('SIGHUP is ignored');
    else if (signal === 'SIGQUIT') {
      heard = Math.max(heard, 2);
      cut();
    } else interrupted();
  };
}
