import { initWithShell } from '../preflight/rules/init-with-shell.ts';
import { kubernetesExec } from '../preflight/rules/kubernetes-exec.ts';
import { pidMode } from '../preflight/rules/pid-mode.ts';
import { shellForm } from '../preflight/rules/shell-form.ts';
import { stopSignal, stopSignalOf } from '../preflight/rules/stop-signal.ts';
import type { Rule } from '../preflight/finding.ts';
import type { Subject } from '../preflight/subject.ts';

/**
 * What happens to the stop signal. `heard`: the agent finishes its job and takes no other. `eaten`: the agent does not get
 * the signal, works on and takes further jobs until SIGKILL. `fatal`: the job is cut off at once.
 */
export const SIGNALS = ['heard', 'eaten', 'fatal'] as const;
export type Signal = (typeof SIGNALS)[number];

/** What happens to the stop signal, by the rules of preflight: a worker with an error there does not drain. */
export function signalOf(subject: Subject): Signal {
  const breaks = (rule: Rule): boolean =>
    rule.judge(subject).findings.some(({ severity }) => severity === 'error');
  // The shell dies of the signal; the agent dies with it or lives on without it.
  if (breaks(initWithShell) || breaks(pidMode)) return 'fatal';
  const name = stopSignalOf(subject.documents);
  if (name === 'KILL') return 'fatal';
  if (breaks(shellForm) || name === 'HUP') return 'eaten';
  return breaks(kubernetesExec) || stopSignal.judge(subject).findings.length > 0 ? 'fatal' : 'heard';
}
