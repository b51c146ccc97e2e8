import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Buildkite } from '../../src/buildkite/port.ts';
import { valueOf } from './buildkite.contract.ts';

/** Any Buildkite, with an organization and a pipeline of it. */
export interface BuildkitePlace {
  readonly buildkite: Buildkite;
  readonly organization: string;
  readonly pipeline: string;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const NOBODY = '018f0000-0000-4000-8000-00000000dead';
const NOTHING = 'gameday-no-such-thing';

/** What reads must answer of any Buildkite, somebody's own too: nothing is created. */
export function buildkiteReads(name: string, setUp: () => Promise<BuildkitePlace>): void {
  describe(`reads of Buildkite: ${name}`, () => {
    let place: BuildkitePlace;
    let buildkite: Buildkite;
    beforeAll(async () => {
      place = await setUp();
      buildkite = place.buildkite;
    }, 120_000);
    afterAll(() => place.close());

    test('a pipeline is found; an unknown organization and an unknown pipeline are told apart', async () => {
      const { organization, pipeline } = place;
      const found = valueOf(await buildkite.pipeline(organization, pipeline, 'main', never));
      expect(found.slug).toBe(pipeline);
      expect(await buildkite.pipeline(NOTHING, pipeline, 'main', never)).toMatchObject({
        trouble: { kind: 'not-found', missing: 'organization' },
      });
      expect(await buildkite.pipeline(organization, NOTHING, 'main', never)).toMatchObject({
        trouble: { kind: 'not-found', message: expect.stringContaining(`pipeline "${NOTHING}"`) as string },
      });
    });

    test('a pipeline names its own default branch, which is taken where none is given', async () => {
      const { organization, pipeline } = place;
      const own = valueOf(await buildkite.pipeline(organization, pipeline, null, never));
      expect(own.defaultBranch).toBe(own.branch);
      expect(valueOf(await buildkite.pipeline(organization, pipeline, NOTHING, never))).toMatchObject({
        branch: NOTHING,
        defaultBranch: own.branch,
      });
    });

    test('past jobs are those with an end, the newest first', async () => {
      const { jobs } = valueOf(await buildkite.pastJobs(place.organization, place.pipeline, null, never));
      for (const { startedAt, finishedAt } of jobs)
        if (startedAt !== null && finishedAt !== null) expect(finishedAt).toBeGreaterThanOrEqual(startedAt);
    });

    test('what does not exist is not found', async () => {
      const { organization, pipeline } = place;
      const missing = { trouble: { kind: 'not-found' } };
      expect(await buildkite.build(`${organization}/${pipeline}/999999999`, 'all', never)).toMatchObject(
        missing,
      );
      expect(await buildkite.build(NOBODY, 'all', never)).toMatchObject(missing);
      expect(await buildkite.job(NOBODY, never)).toMatchObject(missing);
      expect(await buildkite.agent(organization, NOBODY, never)).toMatchObject(missing);
      const tagged = await buildkite.agentsWithTag(organization, `ecs:task-arn=${NOTHING}`, never);
      expect(valueOf(tagged)).toEqual({ agents: [], complete: true });
    });

    test('an aborted read is not sent', async () => {
      expect(await buildkite.job(NOBODY, AbortSignal.abort())).toMatchObject({
        trouble: { kind: 'aborted' },
      });
    });
  });
}
