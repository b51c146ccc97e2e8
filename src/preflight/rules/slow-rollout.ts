import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { itemsOf, member, numberOf, textOf, valueAt } from '../json.ts';

/** The bake time that a strategy has of its own: its block, the key in it, and the API's default in minutes. */
const STEPS = [
  ['LINEAR', 'linearConfiguration', 'stepBakeTimeInMinutes', 6],
  ['CANARY', 'canaryConfiguration', 'canaryBakeTimeInMinutes', 10],
] as const;

/** Blue/green, linear and canary deployments keep the old tasks until their bake times are over, then take all of them. */
export const slowRollout: Rule = {
  id: 'slow-rollout',
  rule: 'A deployment replaces the tasks in turn: it neither bakes nor pauses.',
  severities: ['note'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html',
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/pause-lifecycle-hooks.html',
  ],
  judge({ documents }) {
    const { service } = documents;
    if (service === null) return notKnown("the service's deployment strategy: give --service");
    const path = ['deploymentConfiguration'];
    const configuration = valueAt(service.value, path);
    const strategy = textOf(member(configuration, 'strategy')) ?? 'ROLLING';
    const hooks = itemsOf(member(configuration, 'lifecycleHooks'));
    const pauses = hooks.some((hook) => member(hook, 'targetType') === 'PAUSE');
    if (strategy === 'ROLLING' && !pauses) return CLEAN;
    const bake = [
      `bakeTimeInMinutes ${String(numberOf(member(configuration, 'bakeTimeInMinutes')) ?? 0)}`,
      ...STEPS.filter(([of]) => of === strategy).map(([, own, key, usual]) => {
        const minutes = numberOf(member(member(configuration, own), key));
        return `${key} ${minutes === null ? `${String(usual)} (ECS's default)` : String(minutes)}`;
      }),
    ].join(', ');
    return judgementOf({
      severity: 'note',
      document: 'service',
      path,
      seen: `strategy ${strategy}, ${bake}${pauses ? ', a PAUSE lifecycle hook' : ''}`,
      why: 'Old and new workers run side by side until the bake times are over, and a PAUSE hook keeps them so until somebody continues the deployment; then all old workers are stopped at once. A drill waits for the end of a deployment, and refuses to start one that it could not watch to its end.',
      todo: 'Workers have no traffic to shift: use the strategy ROLLING, or keep the bake times shorter than limits.verdictWithin.',
      edits: [],
      unknown: null,
    });
  },
};
