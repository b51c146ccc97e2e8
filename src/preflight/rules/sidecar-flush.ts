import { inSeconds, placeIn, editStopTimeout } from '../edits.ts';
import type { Finding, Rule } from '../finding.ts';
import { judgementOf } from '../finding.ts';
import { isShellStaying } from '../../worker/start.ts';
import { hasRunToEnd } from '../../worker/stop-window.ts';
import { fixShell, placeOf } from './shell-form.ts';

/** Milliseconds that a sidecar needs at least to finish the calls in flight. */
const FLUSH = 10_000;

/** A gateway or log router must get the stop signal, and needs time to finish the calls in flight. */
export const sidecarFlush: Rule = {
  id: 'sidecar-flush',
  rule: 'A sidecar hears the stop signal and has 10 s or more to flush.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout)',
  ],
  judge(subject) {
    const lasting = subject.sidecars.filter(({ name }) => !hasRunToEnd(name, subject.worker.containers));
    return judgementOf(
      ...lasting.flatMap((container): Finding[] => {
        const { stopTimeout, name } = container;
        if (stopTimeout === null || stopTimeout >= FLUSH) return [];
        return [
          {
            severity: 'warning',
            ...placeIn(container, 'stopTimeout'),
            seen: `sidecar ${name} has ${inSeconds(stopTimeout)} s`,
            why: 'Whatever it has not passed on by then is lost: an unfinished call counts as a failed test, a log line is missing.',
            todo: `Give it ${inSeconds(FLUSH)} s or more.`,
            edits: [editStopTimeout(container, FLUSH)],
            unknown: `how long ${name} takes to flush`,
            data: { about: 'sidecar', container: name },
          },
        ];
      }),
      ...lasting.flatMap((container): Finding[] => {
        const { shell } = container.start;
        if (shell === null || !isShellStaying(shell)) return [];
        return [
          {
            severity: 'warning',
            ...placeOf(container, shell),
            seen: `${shell.name} runs sidecar ${container.name} without exec: ${JSON.stringify(shell.script)}`,
            why: 'The shell gets the stop signal and the sidecar does not: it is killed, and nothing is flushed.',
            todo: "Start it in exec form, or by the shell's exec.",
            edits: fixShell(container, shell),
            unknown: shell.kind === 'dash' ? null : `whether ${shell.name} runs it in its own place`,
            data: { about: 'sidecar', container: container.name },
          },
        ];
      }),
    );
  },
};
