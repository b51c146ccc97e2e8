import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { isOn } from '../../worker/settings.ts';

/** Without the tag it is not known in which task an agent runs. */
export const noEcsTags: Rule = {
  id: 'no-ecs-tags',
  rule: 'The agent is started with `--tags-from-ecs-meta-data`, so that it can be mapped to its task.',
  severities: ['warning'],
  sources: [
    'https://buildkite.com/docs/agent/self-hosted/configure (tags-from-ecs-meta-data: container-name, image and task-arn)',
  ],
  judge({ settings, agent }) {
    const set = settings.get('tags-from-ecs-meta-data');
    if (isOn(set)) return CLEAN;
    const open = set === null ? settings.whyOpen('tags-from-ecs-meta-data') : null;
    if (open !== null) return notKnown(`the flags of the agent: ${open}`);
    return judgementOf({
      severity: 'warning',
      document: set?.document ?? 'taskDefinition',
      path: set?.path ?? agent.path,
      seen: set === null ? 'no --tags-from-ecs-meta-data' : `--tags-from-ecs-meta-data is ${set.value}`,
      why: 'The tag ecs:task-arn leads from a job to the task that hosts it. Without it a drill refuses to inject (or maps by host name, where cluster.mapping allows it), and it is not known which task lost a job.',
      todo: 'Add the flag.',
      edits:
        set === null
          ? settings.add('tags-from-ecs-meta-data', null)
          : set.without.length > 0
            ? set.with('true')
            : [],
      unknown: settings.configFile === null ? null : `whether ${settings.configFile} sets it`,
    });
  },
};
