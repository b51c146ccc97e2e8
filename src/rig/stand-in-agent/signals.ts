import type { StartFlags } from './flags.ts';
import { say } from './log.ts';
import type { Worker } from './worker.ts';

/** Hears signals as the real agent does: drain, then cancel, then leave at once; in Kubernetes mode it begins with cancel. */
export function hearSignals(
  workers: () => readonly Worker[],
  { cancelGraceS, kubernetesExec }: Pick<StartFlags, 'cancelGraceS' | 'kubernetesExec'>,
): void {
  let heard = kubernetesExec ? 1 : 0;
  const cut = (): void => {
    say(`stopping running jobs and leaving within ${cancelGraceS} s`);
    for (const worker of workers()) worker.cut();
    setTimeout(
      () => {
        say('jobs did not end in time: leaving');
        process.exit(1);
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
      process.exit(1);
    }
  };
  process.on('SIGTERM', interrupted);
  process.on('SIGINT', interrupted);
  process.on('SIGQUIT', () => {
    heard = Math.max(heard, 2);
    cut();
  });
  process.on('SIGHUP', () => say('SIGHUP is ignored'));
}
