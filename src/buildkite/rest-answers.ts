import { z } from 'zod';
import { BUILD_PATH, Time } from './answers.ts';
import type { PastAttempt, PastBuild } from './port.ts';

/** Schemas of the REST API's builds (apis/rest-api/builds), with only the fields that we use. */
const Agent = z.object({
  id: z.string(),
  version: z.string().nullish(),
  meta_data: z.array(z.string()).nullish(),
  lost_at: Time.nullish(),
});

const CommandJob = z.object({
  type: z.literal('script'),
  id: z.string(),
  name: z.string().nullish(),
  step_key: z.string().nullish(),
  state: z.string(),
  soft_failed: z.boolean().nullish(),
  exit_status: z.number().int().nullable(),
  signal: z.string().nullish(),
  signal_reason: z.string().nullish(),
  retried: z.boolean().nullish(),
  retry_type: z.string().nullish(),
  retry_source: z.object({ job_id: z.string().nullish() }).nullish(),
  agent: Agent.nullish(),
  runnable_at: Time.nullish(),
  started_at: Time.nullable(),
  finished_at: Time.nullable(),
});
type CommandJob = z.output<typeof CommandJob>;

/** A job of another type: a wait, a block, a trigger. */
const OtherJob = z.object({ type: z.string().refine((type) => type !== 'script') });

const Build = z.object({
  id: z.string(),
  number: z.number().int(),
  web_url: z.string().regex(BUILD_PATH),
  branch: z.string(),
  state: z.string(),
  created_at: Time,
  finished_at: Time.nullable(),
  jobs: z.array(z.union([CommandJob, OtherJob])),
});

/** A page of builds with their jobs. */
export const BuildsPage = z.array(Build);

/** A build in our words. */
export function pastBuildOf(build: z.output<typeof Build>): PastBuild {
  return {
    id: build.id,
    // As an object the pipeline would repeat its whole configuration in every build.
    pipeline: BUILD_PATH.exec(build.web_url)?.[2] ?? '',
    number: build.number,
    branch: build.branch,
    state: build.state.toLowerCase(),
    createdAt: build.created_at,
    finishedAt: build.finished_at,
    attempts: build.jobs.flatMap((job) => ('id' in job ? [attemptOf(job)] : [])),
  };
}

function attemptOf(job: CommandJob): PastAttempt {
  const { agent } = job;
  return {
    id: job.id,
    step: job.step_key ?? job.name ?? null,
    state: job.state.toLowerCase(),
    softFailed: job.soft_failed ?? false,
    exitStatus: job.exit_status,
    signal: job.signal,
    signalReason: job.signal_reason,
    retried: job.retried ?? false,
    retryOf: job.retry_source?.job_id ?? null,
    retryType: job.retry_type === 'automatic' || job.retry_type === 'manual' ? job.retry_type : null,
    agent:
      agent == null
        ? null
        : {
            id: agent.id,
            version: agent.version ?? null,
            queue: queueOf(agent.meta_data ?? []),
            lostAt: agent.lost_at ?? null,
          },
    runnableAt: job.runnable_at ?? null,
    startedAt: job.started_at,
    finishedAt: job.finished_at,
  };
}

function queueOf(tags: readonly string[]): string | null {
  return tags.find((tag) => tag.startsWith('queue='))?.slice('queue='.length) ?? null;
}
