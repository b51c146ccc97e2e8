import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { itemsOf, member, textOf } from '../json.ts';

/** ECS Managed Instances are replaced by AWS after some days, with what runs on them. */
export const managedInstances: Rule = {
  id: 'managed-instances',
  rule: 'The hosts are not replaced by AWS on a schedule of its own (Managed Instances).',
  severities: ['note'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html',
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeCapacityProviders.html (cluster)',
  ],
  judge({ documents, worker: { launch } }) {
    if (launch.kind === 'fargate' || launch.kind === 'external') return CLEAN;
    const { capacityProvider } = documents;
    if (capacityProvider === null)
      return notKnown(
        'whether the hosts are Managed Instances: give the capacity providers with --capacity-provider',
      );
    const providers = itemsOf(member(capacityProvider.value, 'capacityProviders'));
    return judgementOf(
      ...providers.flatMap((provider, index) =>
        member(provider, 'managedInstancesProvider') === undefined
          ? []
          : [
              {
                severity: 'note' as const,
                document: 'capacityProvider' as const,
                path: ['capacityProviders', index],
                seen: `${textOf(member(provider, 'name')) ?? ''} has a managedInstancesProvider`,
                why: 'AWS drains such a host after two weeks at the latest and terminates it some days later. Draining asks for no scale-in protection, so every worker meets a stop now and then.',
                todo: 'Rehearse it with drain-instance, and give the workers the stopTimeout that their longest step needs.',
                edits: [],
                unknown: null,
              },
            ],
      ),
    );
  },
};
