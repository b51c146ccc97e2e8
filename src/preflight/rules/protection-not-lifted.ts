import { isOn } from '../../worker/settings.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { programsIn, protectionCallsIn } from '../hooks.ts';

/** Minutes after which CloudFormation gives up on a service that does not reach its steady state. */
const CLOUDFORMATION = 180;

/** A protection that no hook lifts keeps an idle worker, and every deployment waits for its end. */
export const protectionNotLifted: Rule = {
  id: 'protection-not-lifted',
  rule: 'Hooks that protect the task from scale-in lift the protection after the job.',
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html (a deployment waits for protected tasks; CloudFormation for three hours)',
    'https://buildkite.com/docs/agent/self-hosted/configure/hooks (pre-exit runs after every job)',
  ],
  judge({ documents, settings }) {
    const calls = protectionCallsIn(documents) ?? [];
    const set = calls.find(({ enables }) => enables === true);
    if (set === undefined) return CLEAN;
    const after = calls.filter(({ runs, enables }) => runs === 'after' && enables !== true);
    if (after.some(({ enables }) => enables === false)) return CLEAN;
    const single = settings.get('disconnect-after-job');
    // The task ends with its job, and its protection with the task.
    if (single !== null && isOn(single)) return CLEAN;
    const [open] = after;
    if (open !== undefined)
      return notKnown(`whether hook ${open.file} lifts the protection: its request does not show it`);
    const programs = programsIn(documents);
    if (programs.length > 0)
      return notKnown(`whether ${programs.join(', ')} lifts the protection: it is a program, not a script`);
    const lasts = set.minutes === null ? 'as long as it says' : `${String(set.minutes)} min`;
    const gives =
      (set.minutes ?? 0) >= CLOUDFORMATION ? ', and a CloudFormation update fails after three hours' : '';
    return judgementOf({
      severity: 'warning',
      document: 'hooks',
      path: set.path,
      seen: `hook ${set.file} protects the task for ${lasts}, and no hook that runs after the job lifts it`,
      why: `The worker stays protected when its job is over, busy or idle: a deployment or scale-in waits until the protection ends by itself${gives}.`,
      todo: 'Send {"ProtectionEnabled":false} to $ECS_AGENT_URI/task-protection/v1/state in the hook pre-exit, which runs after every job.',
      edits: [],
      unknown: "whether a plugin's or the repository's own hook lifts it: those are not in this folder",
    });
  },
};
