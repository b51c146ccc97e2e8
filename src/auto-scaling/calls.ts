import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type { SuspendedState } from '@aws-sdk/client-application-auto-scaling';
import type { Called, Sdk } from '../ecs/sdk.ts';
import type { Answer, Hold, Outcome } from '../model/answer.ts';
import type { ScalingCall, ScalingOperation } from '../model/call.ts';
import type { Suspension } from '../model/entities/scaling.ts';
import type { Fact } from '../model/world.ts';
import { activityOf, pageOf, policyOf, scheduledActionOf, targetOf } from './map.ts';
import type { AutoScaling } from './port.ts';

const NAME = 'Application Auto Scaling';
const DIMENSION = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;
/** Lists are read for so many pages of 50: AWS allows 200 scheduled actions and 50 policies of one target. */
const MOST_PAGES = 5;

type ReadPage = (NextToken: string | undefined, abortSignal: AbortSignal) => Promise<unknown>;

/** The calls of Application Auto Scaling, through clients that share what that of ECS has. */
export function createCalls(sdk: Sdk): AutoScaling {
  const { reads, once } = sdk.neighbours((config) => new ApplicationAutoScalingClient(config));

  /** All items of a list that the service gives in pages; at most `pages` of them. */
  async function readList<T>(
    operation: ScalingOperation,
    signal: AbortSignal,
    of: (item: unknown) => T,
    readPage: ReadPage,
    pages = MOST_PAGES,
  ): Promise<Answer<readonly T[]>> {
    const work = async (abortSignal: AbortSignal): Promise<readonly T[]> => {
      const found: T[] = [];
      let token: string | undefined;
      for (let at = 0; at < pages; at += 1) {
        const page = pageOf(await readPage(token, abortSignal));
        found.push(...page.items.map(of));
        if ((token = page.token) === undefined) break;
      }
      return found;
    };
    return answerOf(await sdk.call(operation, signal, work, undefined, NAME));
  }

  return {
    target: async (cluster, service, signal) => {
      const asked = { ...DIMENSION, ResourceIds: [resourceOf(cluster, service)] };
      const all = await readList(
        'DescribeScalableTargets',
        signal,
        targetOf,
        async (NextToken, abortSignal) => {
          const command = new DescribeScalableTargetsCommand({ ...asked, NextToken });
          const answer = await reads.send(command, { abortSignal });
          return { items: answer.ScalableTargets, token: answer.NextToken };
        },
      );
      return all.ok ? { ok: true, value: all.value[0] ?? null } : all;
    },
    policies: (cluster, service, signal) => {
      const asked = { ...DIMENSION, ResourceId: resourceOf(cluster, service) };
      return readList('DescribeScalingPolicies', signal, policyOf, async (NextToken, abortSignal) => {
        const command = new DescribeScalingPoliciesCommand({ ...asked, NextToken });
        const answer = await reads.send(command, { abortSignal });
        return { items: answer.ScalingPolicies, token: answer.NextToken };
      });
    },
    scheduledActions: (cluster, service, signal) => {
      const asked = { ...DIMENSION, ResourceId: resourceOf(cluster, service) };
      return readList(
        'DescribeScheduledActions',
        signal,
        scheduledActionOf,
        async (NextToken, abortSignal) => {
          const command = new DescribeScheduledActionsCommand({ ...asked, NextToken });
          const answer = await reads.send(command, { abortSignal });
          return { items: answer.ScheduledActions, token: answer.NextToken };
        },
      );
    },
    activities: (cluster, service, signal) => {
      const asked = { ...DIMENSION, ResourceId: resourceOf(cluster, service) };
      return readList(
        'DescribeScalingActivities',
        signal,
        activityOf,
        async (NextToken, abortSignal) => {
          const command = new DescribeScalingActivitiesCommand({ ...asked, NextToken });
          const answer = await reads.send(command, { abortSignal });
          return { items: answer.ScalingActivities, token: answer.NextToken };
        },
        1,
      );
    },
    send: async (call, signal, hold) => outcomeOf(await register(sdk, once, call, signal, hold)),
  };
}

/** RegisterScalableTarget: what a request does not name stays as it is. */
function register(
  sdk: Sdk,
  once: ApplicationAutoScalingClient,
  call: ScalingCall,
  signal: AbortSignal,
  hold: Hold | undefined,
): Promise<Called<readonly Fact[]>> {
  const ResourceId = resourceOf(call.cluster, call.service);
  const work = async (abortSignal: AbortSignal): Promise<readonly Fact[]> => {
    const command = new RegisterScalableTargetCommand({ ...DIMENSION, ResourceId, ...changeOf(call) });
    await once.send(command, { abortSignal });
    return [];
  };
  return sdk.call('RegisterScalableTarget', signal, work, hold, NAME);
}

/** What of the registration the call changes. */
function changeOf(call: ScalingCall): { SuspendedState: SuspendedState } | { MinCapacity: number } {
  return call.kind === 'suspend-scaling'
    ? { SuspendedState: stateOf(call.suspended) }
    : { MinCapacity: call.min };
}

function stateOf({ in: scaleIn, out, scheduled }: Suspension): SuspendedState {
  return {
    DynamicScalingInSuspended: scaleIn,
    DynamicScalingOutSuspended: out,
    ScheduledScalingSuspended: scheduled,
  };
}

/** `service/CLUSTER/SERVICE` (API reference, RegisterScalableTarget). */
function resourceOf(cluster: string, service: string): string {
  return `service/${cluster.slice(cluster.lastIndexOf('/') + 1)}/${service}`;
}

function answerOf<T>(called: Called<T>): Answer<T> {
  return called.ok ? called : { ok: false, trouble: called.failure.trouble };
}

function outcomeOf<T>(called: Called<T>): Outcome<T> {
  return called.ok ? called : { ok: false, ...called.failure };
}
