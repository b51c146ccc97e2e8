import type { Answer } from '../model/answer.ts';
import type { StepHistory } from '../model/entities/surroundings.ts';
import { keyOfStep, matchesStep, type StepName } from '../model/step-name.ts';
import { nodesOf } from './answers.ts';
import type { History, PastJob } from './answers.ts';
import { makeMissing, makeMissingOrganization } from './missing.ts';
import type { JobsPage } from './port.ts';
import type { Transport } from './transport.ts';

/** Jobs in a page; a page costs about 300 of the 5,000 points that a user has in five minutes. */
const PAGE = 100;
/** Pages to read at most; the history may then be shorter than asked for, as not every listed job counts. */
const MOST_PAGES = 5;

/** Which jobs to read. */
export interface StepWanted {
  readonly organization: string;
  readonly pipeline: string;
  readonly step: StepName;
  readonly limit: number;
}

/** The last passed jobs of one step. Buildkite filters by key alone; other names are looked for among the latest jobs of every step. */
export async function readStepHistory(
  transport: Transport,
  { organization, pipeline, step, limit }: StepWanted,
  signal: AbortSignal,
): Promise<Answer<StepHistory>> {
  const slug = `${organization}/${pipeline}`;
  const key = keyOfStep(step);
  const took = new Map<string, number>();
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES && took.size < limit; page += 1) {
    // No more than needed, where Buildkite filters: every job costs points.
    const first = key === null ? PAGE : Math.min(PAGE, limit - took.size);
    const variables = { organization, slug, step: key === null ? null : { key: [key] }, first, after };
    const answer = await transport.read('StepHistory', variables, signal);
    const jobs = answer.ok ? pageOf(answer.value, organization, pipeline) : answer;
    if (!jobs.ok) return jobs;
    // Pages shift while jobs finish, so a job may be listed twice; it counts once.
    for (const node of nodesOf(jobs.value)) if ('uuid' in node) keepDuration(took, node, step);
    const next = nextOf(jobs.value);
    if (next === null) break;
    after = next;
  }
  return { ok: true, value: { durations: [...took.values()].slice(0, limit) } };
}

/** The duration of a job, by the agent's clock; null if that clock was set back during the job. */
function keepDuration(took: Map<string, number>, job: PastJob, step: StepName): void {
  const names = { stepKey: job.step?.key ?? null, label: job.label };
  if (job.state !== 'FINISHED' || !job.passed || !matchesStep(step, names)) return;
  if (job.startedAt === null || job.finishedAt === null || job.finishedAt < job.startedAt) return;
  took.set(job.uuid, job.finishedAt - job.startedAt);
}

/** One page of a pipeline's ended jobs, newest first, whatever their result. */
export async function readPastJobs(
  transport: Transport,
  organization: string,
  pipeline: string,
  after: string | null,
  signal: AbortSignal,
): Promise<Answer<JobsPage>> {
  const variables = { organization, slug: `${organization}/${pipeline}`, after };
  const answer = await transport.read('PastJobs', variables, signal);
  const page = answer.ok ? pageOf(answer.value, organization, pipeline) : answer;
  if (!page.ok) return page;
  const jobs = nodesOf(page.value).flatMap((node) => {
    if (!('uuid' in node)) return [];
    const { uuid, passed, step, startedAt, finishedAt } = node;
    return [{ id: uuid, step: step?.key ?? null, passed, startedAt, finishedAt }];
  });
  return { ok: true, value: { jobs, next: nextOf(page.value) } };
}

/** The agents of a pipeline's latest jobs, the latest first, without duplicates. */
export async function readPastWorkers(
  transport: Transport,
  organization: string,
  pipeline: string,
  signal: AbortSignal,
): Promise<Answer<readonly string[]>> {
  const variables = { organization, slug: `${organization}/${pipeline}` };
  const answer = await transport.read('PastWorkers', variables, signal);
  if (!answer.ok) return answer;
  if (answer.value.organization === null) return makeMissingOrganization(organization);
  if (answer.value.pipeline === null) return makeMissing(`pipeline "${pipeline}" in "${organization}"`);
  const jobs = answer.value.pipeline.jobs === null ? [] : nodesOf(answer.value.pipeline.jobs);
  const agents = jobs.flatMap((job) => ('agent' in job && job.agent !== null ? [job.agent.uuid] : []));
  return { ok: true, value: [...new Set(agents)] };
}

type Page = NonNullable<NonNullable<History['pipeline']>['jobs']>;

function pageOf(answer: History, organization: string, pipeline: string): Answer<Page> {
  if (answer.organization === null) return makeMissingOrganization(organization);
  if (answer.pipeline === null) return makeMissing(`pipeline "${pipeline}" in "${organization}"`);
  const { jobs } = answer.pipeline;
  return jobs === null
    ? makeMissing(`jobs of pipeline "${pipeline}" in "${organization}"`)
    : { ok: true, value: jobs };
}

function nextOf({ pageInfo }: Page): string | null {
  return pageInfo?.hasNextPage === true ? pageInfo.endCursor : null;
}
