import { editDocument } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { member } from '../json.ts';
import { isShellStaying } from '../../worker/start.ts';

/** A shared process namespace changes what PID 1 is, and with it the behaviour of signals. */
export const pidMode: Rule = {
  id: 'pid-mode',
  rule: 'The agent has a process namespace of its own: `pidMode` is not set.',
  severities: ['error', 'warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html (pidMode)',
    'https://man7.org/linux/man-pages/man7/pid_namespaces.7.html',
  ],
  judge({ documents, agent }) {
    const mode = member(documents.taskDefinition.value, 'pidMode');
    if (mode !== 'task' && mode !== 'host') return CLEAN;
    const { shell } = agent.start;
    const orphaned = shell !== null && isShellStaying(shell);
    return judgementOf({
      severity: orphaned ? 'error' : 'warning',
      document: 'taskDefinition',
      path: ['pidMode'],
      seen: `pidMode is "${mode}"`,
      why: orphaned
        ? `The shell is not PID 1 here, so it dies of SIGTERM at once. The agent that it started gets no signal, nobody waits for it, and its job is cut off.`
        : "The container's first process is not PID 1: signals that it does not handle end it, other processes survive its end, and containers see each other's processes. A drill shows how the agent drains here, not how it drains without pidMode.",
      todo: "Remove pidMode, unless a sidecar must see the agent's processes (AWS FIS needs that while it injects a fault).",
      edits: [editDocument(documents, 'taskDefinition', ['pidMode'], undefined)],
      unknown: null,
    });
  },
};
