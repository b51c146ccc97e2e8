import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import { GameDayDocument } from '../../../src/verdict/result.ts';

const Job = z.object({
  id: z.string(),
  step_key: z.string().nullish(),
  state: z.string(),
  exit_status: z.number().nullish(),
});
/** A build, as REST shows it. */
export const Build = z.object({
  number: z.number(),
  state: z.string(),
  finished_at: z.string().nullable(),
  jobs: z.array(Job),
});
export type Build = z.infer<typeof Build>;
const Annotations = z.array(z.object({ style: z.string(), body_html: z.string() }));
const Artifacts = z.array(z.object({ path: z.string(), download_url: z.string() }));

/** Exit statuses by step, those of retried jobs first. */
export function exitsOf(build: Build): Readonly<Record<string, readonly (number | null)[]>> {
  const keyed = build.jobs.filter(({ step_key: key }) => key != null);
  return Object.fromEntries(
    [...new Set(keyed.map(({ step_key: key }) => key ?? ''))].map((key) => [
      key,
      keyed.filter((job) => job.step_key === key).map(({ exit_status: status }) => status ?? null),
    ]),
  );
}

export function isRunning({ jobs }: Build, key: string): boolean {
  return jobs.some((job) => job.step_key === key && job.state === 'running');
}

/** A pipeline, by REST. */
export function pipelineOf(slug: string, env: Readonly<Record<string, string>>, folder: string) {
  const builds = `${env['BUILDKITE_REST_API_ENDPOINT'] ?? ''}/v2/organizations/acme/pipelines/${slug}/builds`;
  const headers = { authorization: `Bearer ${env['BUILDKITE_API_TOKEN'] ?? ''}` };
  const ask = async (url: string, init: RequestInit = {}): Promise<unknown> => {
    // Buildkite grants a user 50 requests a minute.
    await pause(1_300);
    return (await fetch(url, { headers, ...init })).json();
  };
  const read = async (number: number): Promise<Build> =>
    Build.parse(await ask(`${builds}/${String(number)}?include_retried_jobs=true`));
  return {
    read,
    async act(action: Readonly<Record<string, unknown>>): Promise<void> {
      const url = `${env['GAMEDAY_RIG_CONTROL'] ?? ''}/do`;
      expect(await (await fetch(url, { method: 'POST', body: JSON.stringify(action) })).json()).toMatchObject(
        {
          ok: true,
        },
      );
    },
    /** Starts a build, does something to it, and waits for its end. */
    async run(disturb: (build: number) => Promise<void>): Promise<Build> {
      const body = { commit: 'HEAD', branch: 'main', env: { GAME_DAY_FOLDER: folder } };
      const { number } = Build.pick({ number: true }).parse(
        await ask(builds, { method: 'POST', body: JSON.stringify(body) }),
      );
      await disturb(number);
      for (;;) {
        const build = await read(number);
        if (build.finished_at !== null) return build;
      }
    },
    /** What stands above the build's jobs. */
    async annotations({
      number,
    }: Build): Promise<readonly { readonly style: string; readonly body_html: string }[]> {
      return Annotations.parse(await ask(`${builds}/${String(number)}/annotations`));
    },
    /** Paths of the files that the build's jobs left. */
    async artifacts({ number }: Build): Promise<readonly string[]> {
      const all = Artifacts.parse(await ask(`${builds}/${String(number)}/artifacts?per_page=100`));
      return all.map(({ path }) => path);
    },
    /** The document that the merge step left as its artifact. */
    async result({ number }: Build): Promise<GameDayDocument> {
      const all = Artifacts.parse(await ask(`${builds}/${String(number)}/artifacts?per_page=100`));
      const found = all.find(({ path }) => path === 'game-day.json');
      return GameDayDocument.parse(await ask(found?.download_url ?? ''));
    },
  };
}
