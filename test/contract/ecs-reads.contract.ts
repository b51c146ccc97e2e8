import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ecs } from '../../src/ecs/port.ts';
import { valueOf } from './buildkite.contract.ts';

/** Any ECS, with a cluster and a service of it. */
export interface EcsPlace {
  readonly ecs: Ecs;
  readonly cluster: string;
  readonly service: string;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const NOTHING = 'gameday-no-such-thing';
const missing = { trouble: { kind: 'not-found' } };

/** What reads must answer of any ECS, somebody's own too: nothing is changed. */
export function ecsReads(name: string, setUp: () => Promise<EcsPlace>): void {
  describe(`reads of ECS: ${name}`, () => {
    let place: EcsPlace;
    let ecs: Ecs;
    beforeAll(async () => {
      place = await setUp();
      ecs = place.ecs;
    }, 120_000);
    afterAll(() => place.close());

    test('a cluster is found by name and by ARN', async () => {
      const cluster = valueOf(await ecs.cluster(place.cluster, never));
      expect(cluster.status).toBe('ACTIVE');
      expect(valueOf(await ecs.cluster(cluster.arn, never)).arn).toBe(cluster.arn);
      expect(await ecs.cluster(NOTHING, never)).toMatchObject(missing);
    });

    test('the caller is of the account that the cluster is in', async () => {
      const { account, arn } = valueOf(await ecs.caller(never));
      expect(arn).toMatch(new RegExp(`^arn:[a-z-]+:(iam|sts)::${account}:`));
      expect(valueOf(await ecs.cluster(place.cluster, never)).arn.split(':')[4]).toBe(account);
    });

    test('a service is found in its cluster alone', async () => {
      const service = valueOf(await ecs.service(place.cluster, place.service, never));
      expect(service).toMatchObject({ name: place.service, status: 'ACTIVE' });
      expect(service.deployments.filter(({ status }) => status === 'PRIMARY')).toHaveLength(1);
      expect(await ecs.service(place.cluster, NOTHING, never)).toMatchObject(missing);
      expect(await ecs.service(NOTHING, place.service, never)).toMatchObject(missing);
    });

    test("the service's tasks are listed and described, and an unknown task is absent", async () => {
      const { tasks } = valueOf(await ecs.tasksOf(place.cluster, { service: place.service }, never));
      for (const { group } of tasks) expect(group).toBe(`service:${place.service}`);
      const [first] = tasks;
      if (first === undefined) return;
      const unknown = `${first.arn.slice(0, -4)}0000`;
      const described = valueOf(await ecs.tasks(place.cluster, [first.arn, unknown], never));
      expect(described.map(({ arn }) => arn)).toEqual([first.arn]);
      const definition = valueOf(await ecs.taskDefinition(first.definition, never));
      expect(definition.arn).toBe(first.definition);
      expect(definition.containers.some(({ essential }) => essential)).toBe(true);
    });

    test('definition and service are given whole, in the words of ECS', async () => {
      const service = valueOf(await ecs.serviceDocument(place.cluster, place.service, never));
      expect(service['serviceName']).toBe(place.service);
      expect(JSON.parse(JSON.stringify(service))).toEqual(service);
      expect(await ecs.serviceDocument(place.cluster, NOTHING, never)).toMatchObject(missing);
    });
  });
}
