import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { isShellStaying } from '../../worker/start.ts';
import { fixShell, placeOf, isStartedByInit } from './shell-form.ts';

/** An init before the shell passes the signal to the shell only: the shell dies at once, and the init with it. */
export const initWithShell: Rule = {
  id: 'init-with-shell',
  rule: 'An init (`initProcessEnabled`, tini, dumb-init) starts the agent, not a shell around it.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html (initProcessEnabled: an init that forwards signals)',
    'https://github.com/krallin/tini#process-group-killing (tini signals its direct child alone)',
  ],
  judge({ agent }) {
    const { shell, inits } = agent.start;
    if (shell === null || !isShellStaying(shell) || !isStartedByInit(agent)) return CLEAN;
    const own = agent.initProcess;
    const init = own ? 'initProcessEnabled' : (inits[0] ?? '');
    return judgementOf({
      severity: 'error',
      ...(own
        ? {
            document: 'taskDefinition' as const,
            path: [...agent.path, 'linuxParameters', 'initProcessEnabled'],
          }
        : placeOf(agent, shell)),
      seen: `${init} starts ${shell.name}, and that starts the agent`,
      why: 'The init passes SIGTERM to its direct child only. That is the shell, which dies at once. The init exits with it (exit code 143 after some milliseconds), and the kernel kills the agent in the middle of its job: there is no drain at all, which is worse than without the init.',
      todo: 'Let the init start the agent itself.',
      edits: fixShell(agent, shell),
      unknown:
        shell.kind === 'bash' || shell.kind === 'busybox' || shell.kind === 'unknown'
          ? `whether ${shell.name} replaces itself by this script: then the init's child is the agent`
          : null,
    });
  },
};
