import type { Finding, Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { itemsOf, member, textOf } from '../json.ts';

/** Without managed draining and termination protection an Auto Scaling group terminates hosts with running tasks. */
export const managedDraining: Rule = {
  id: 'managed-draining',
  rule: "The capacity providers drain a host before it is terminated, and protect hosts with tasks from the group's own scale-in.",
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html',
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AutoScalingGroupProvider.html (managedDraining, managedTerminationProtection)',
  ],
  judge({ documents, worker: { launch } }) {
    if (launch.kind === 'fargate' || launch.kind === 'external') return CLEAN;
    const { capacityProvider } = documents;
    if (capacityProvider === null)
      return notKnown(
        'whether hosts are drained before they are terminated: give the capacity providers with --capacity-provider',
      );
    const providers = itemsOf(member(capacityProvider.value, 'capacityProviders'));
    return judgementOf(...providers.flatMap((provider, index) => findingsOf(provider, index)));
  },
};

function findingsOf(provider: unknown, index: number): readonly Finding[] {
  const name = textOf(member(provider as never, 'name')) ?? '';
  const group = member(provider as never, 'autoScalingGroupProvider');
  if (group === undefined) return [];
  const path = ['capacityProviders', index, 'autoScalingGroupProvider'];
  const scaled = member(member(group, 'managedScaling'), 'status') === 'ENABLED';
  const base = { severity: 'warning', document: 'capacityProvider', path } as const;
  const set = (key: string) => [
    {
      document: 'capacityProvider',
      path: [...path, key],
      before: member(group, key),
      after: 'ENABLED',
    } as const,
  ];
  const draining: Finding = {
    ...base,
    seen: `managedDraining of ${name} is DISABLED`,
    why: 'If the group terminates a host (scale-in, spot, instance refresh, health), its tasks end with it: their containers may never get SIGTERM.',
    todo: 'Enable managed draining; it holds a host for up to 48 h while its tasks are replaced.',
    edits: set('managedDraining'),
    unknown: null,
  };
  const protection: Finding = {
    ...base,
    seen: `managedTerminationProtection of ${name} is not enabled, and managed scaling is`,
    why: 'The group scales in without regard to what runs on a host: it may terminate one with busy workers and keep an empty one.',
    todo: 'Enable managed termination protection; the group then needs scale-in protection of instances.',
    edits: set('managedTerminationProtection'),
    unknown: null,
  };
  return [
    // The default is ENABLED.
    ...(member(group, 'managedDraining') === 'DISABLED' ? [draining] : []),
    ...(scaled && member(group, 'managedTerminationProtection') !== 'ENABLED' ? [protection] : []),
  ];
}
