import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AutoScaling } from '../../src/auto-scaling/port.ts';
import type { CallOf } from '../../src/model/call.ts';
import { valueOf } from './buildkite.contract.ts';

/** Any Application Auto Scaling, with one service that is registered (from 1 to 4, scale-in suspended) and wants two tasks. */
export interface ScalingPlace {
  readonly autoScaling: AutoScaling;
  setCount(count: number): Promise<void>;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const CLUSTER = 'build-prod';
const SERVICE = 'build-agents';
const ARN = `arn:aws:ecs:us-east-1:123456789012:cluster/${CLUSTER}`;
const IN = { in: true, out: false, scheduled: false };
const ALL = { in: true, out: true, scheduled: true };

const suspend: CallOf<'suspend-scaling'> = {
  ...{ kind: 'suspend-scaling', cluster: CLUSTER, service: SERVICE },
  ...{ suspended: ALL, former: IN },
};

/** What every implementation of the port must do. */
export function autoScalingContract(name: string, setUp: () => Promise<ScalingPlace>): void {
  describe(`AutoScaling port: ${name}`, () => {
    let place: ScalingPlace;
    let scaling: AutoScaling;
    beforeAll(async () => {
      place = await setUp();
      scaling = place.autoScaling;
    }, 120_000);
    afterAll(() => place.close());

    test('a registered service is found by the name and the ARN of its cluster, another is not there', async () => {
      const registered = { min: 1, max: 4, suspended: IN };
      expect(valueOf(await scaling.target(CLUSTER, SERVICE, never))).toEqual(registered);
      expect(valueOf(await scaling.target(ARN, SERVICE, never))).toEqual(registered);
      expect(valueOf(await scaling.target(CLUSTER, 'other-agents', never))).toBeNull();
    });

    test('its policies and scheduled actions are told, and of another service none', async () => {
      expect(valueOf(await scaling.policies(CLUSTER, SERVICE, never))).toEqual([
        { name: 'jobs-per-worker', type: 'TargetTrackingScaling', scalesIn: false, scalesOut: true },
      ]);
      expect(valueOf(await scaling.scheduledActions(CLUSTER, SERVICE, never))).toEqual([
        { name: 'evening', schedule: expect.stringMatching(/^at\(/) as string, min: 0, max: null },
      ]);
      expect(valueOf(await scaling.policies(CLUSTER, 'other-agents', never))).toEqual([]);
      expect(valueOf(await scaling.activities(CLUSTER, SERVICE, never))).toEqual([]);
    });

    test('a call that is held back, or interrupted before it, changes nothing', async () => {
      expect(await scaling.send(suspend, never, () => 'too old')).toMatchObject({
        ...{ ok: false, certainty: 'refused', trouble: { kind: 'outdated' } },
      });
      expect(await scaling.send(suspend, AbortSignal.abort(), () => null)).toMatchObject({
        ...{ ok: false, certainty: 'refused', trouble: { kind: 'aborted' } },
      });
      expect(valueOf(await scaling.target(CLUSTER, SERVICE, never))?.suspended).toEqual(IN);
    });

    test('suspending changes the suspension alone, and the other way round', async () => {
      expect(await scaling.send(suspend, never)).toEqual({ ok: true, value: [] });
      const registered = { min: 1, max: 4, suspended: ALL };
      expect(valueOf(await scaling.target(CLUSTER, SERVICE, never))).toEqual(registered);
      expect(await scaling.send({ ...suspend, suspended: IN, former: ALL }, never)).toMatchObject({
        ok: true,
      });
      expect(valueOf(await scaling.target(CLUSTER, SERVICE, never))?.suspended).toEqual(IN);
    });

    test('each registration brings the desired count within the bounds, which is an activity', async () => {
      await place.setCount(0);
      expect(valueOf(await scaling.activities(CLUSTER, SERVICE, never))).toEqual([]);
      await scaling.send({ ...suspend, suspended: IN, former: IN }, never);
      const [latest] = valueOf(await scaling.activities(CLUSTER, SERVICE, never));
      expect(latest).toMatchObject({ count: 1, cause: 'minimum capacity was set to 1' });
      expect(latest?.startedAt).toBeGreaterThan(Date.UTC(2020, 0));
    });

    test('a service that is not registered is not registered by a suspension', async () => {
      const sent = await scaling.send({ ...suspend, service: 'other-agents' }, never);
      expect(sent).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'refused' } });
      expect(valueOf(await scaling.target(CLUSTER, 'other-agents', never))).toBeNull();
    });
  });
}
