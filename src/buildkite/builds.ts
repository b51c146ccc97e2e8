import type { Answer } from '../model/answer.ts';
import type { Job } from '../model/entities/job.ts';
import { makeMarkEntry } from '../model/entities/mark.ts';
import type { Mark } from '../model/entities/mark.ts';
import { hasAllNodes, nodesOf } from './answers.ts';
import type { AnswerOf, BuildFields, JobPage, StepPage } from './answers.ts';
import { buildOf, jobOf, metaDataOf, whereOfJob } from './map.ts';
import { makeMissing, makeMissingOrganization } from './missing.ts';
import type { BuildOperation } from './operations.ts';
import type { BuildWithJobs, JobsWanted } from './port.ts';
import type { Transport } from './transport.ts';

/** Pages of 100 jobs after which a listing counts as incomplete; a build of Buildkite has 4,000 jobs at the most. */
const MOST_PAGES = 50;

type Found = AnswerOf<BuildOperation>['build'];

/** One build by slug or UUID, with all its command jobs, or those of some steps. */
export async function readBuild(
  transport: Transport,
  slugOrUuid: string,
  jobs: JobsWanted,
  signal: AbortSignal,
): Promise<Answer<BuildWithJobs>> {
  const by = slugOrUuid.includes('/') ? { slug: slugOrUuid } : { uuid: slugOrUuid };
  const answer = await transport.read(operationOf(jobs), { ...by, ...variablesOf(jobs) }, signal);
  if (!answer.ok) return answer;
  return completeBuild(transport, answer.value.build, slugOrUuid, jobs, signal);
}

function operationOf(jobs: JobsWanted): BuildOperation {
  if (jobs === 'all') return 'Build';
  return jobs.length === 0 ? 'BuildHead' : 'BuildSteps';
}

/** Which step a job belongs to need not be asked where only one was asked for. */
function variablesOf(jobs: JobsWanted): Readonly<Record<string, unknown>> {
  return jobs === 'all' || jobs.length === 0 ? {} : { keys: jobs, withKeys: jobs.length > 1 };
}

/** UUIDs of the builds that a build's trigger steps have started. */
export async function readTriggeredBuilds(
  transport: Transport,
  uuid: string,
  signal: AbortSignal,
): Promise<Answer<readonly string[]>> {
  const answer = await transport.read('TriggeredBuilds', { uuid }, signal);
  if (!answer.ok) return answer;
  if (answer.value.build === null) return makeMissing(`build ${uuid}`);
  const jobs = nodesOf(answer.value.build.jobs);
  return { ok: true, value: jobs.flatMap((job) => ('triggered' in job ? (job.triggered?.uuid ?? []) : [])) };
}

async function completeBuild(
  transport: Transport,
  found: Found,
  slugOrUuid: string,
  wanted: JobsWanted,
  signal: AbortSignal,
): Promise<Answer<BuildWithJobs>> {
  if (found === null) return makeMissing(`build ${slugOrUuid}`);
  if (!('jobs' in found)) return { ok: true, value: { build: buildOf(found, null, false), jobs: [] } };
  if ('count' in found.jobs) {
    const steps = wanted === 'all' ? [] : wanted;
    return completeSteps(transport, { ...found, jobs: found.jobs }, steps, signal);
  }
  const pages = await readMorePages(transport, found.uuid, found.jobs, signal);
  return pages.ok ? { ok: true, value: assembleBuild(found, pages.value) } : pages;
}

/**
 * Builds in one request. A build may request 610 points (a page of 100 jobs), and Buildkite refuses queries that request
 * more than 50,000. The points spent depend on the objects found, as with single requests.
 */
const AT_ONCE = 50;

/** Several builds by UUID, fifty a request. If a request fails, all its builds have that trouble. */
export async function readBuilds(
  transport: Transport,
  uuids: readonly string[],
  jobs: JobsWanted,
  signal: AbortSignal,
): Promise<readonly Answer<BuildWithJobs>[]> {
  const answers: Promise<readonly Answer<BuildWithJobs>[]>[] = [];
  for (let from = 0; from < uuids.length; from += AT_ONCE)
    answers.push(readAtOnce(transport, uuids.slice(from, from + AT_ONCE), jobs, signal));
  return (await Promise.all(answers)).flat();
}

async function readAtOnce(
  transport: Transport,
  uuids: readonly string[],
  jobs: JobsWanted,
  signal: AbortSignal,
): Promise<readonly Answer<BuildWithJobs>[]> {
  const answer = await transport.readBuilds(operationOf(jobs), uuids, variablesOf(jobs), signal);
  if (!answer.ok) return uuids.map(() => answer);
  return Promise.all(
    uuids.map((uuid, at) => completeBuild(transport, answer.value[at] ?? null, uuid, jobs, signal)),
  );
}

async function readMorePages(
  transport: Transport,
  uuid: string,
  first: JobPage,
  signal: AbortSignal,
): Promise<Answer<readonly JobPage[]>> {
  const pages: JobPage[] = [first];
  for (let after = nextOf(first); after !== null && pages.length < MOST_PAGES;) {
    const answer = await transport.read('BuildJobs', { uuid, after }, signal);
    if (!answer.ok) return answer;
    if (answer.value.build === null) return makeMissing(`build ${uuid}`);
    pages.push(answer.value.build.jobs);
    after = nextOf(answer.value.build.jobs);
  }
  return { ok: true, value: pages };
}

function nextOf(page: JobPage): string | null {
  return page.pageInfo?.hasNextPage === true ? page.pageInfo.endCursor : null;
}

/** Without duplicates: pages may shift while they are read. */
function assembleBuild(fields: BuildFields, pages: readonly JobPage[]): BuildWithJobs {
  const where = whereOfJob(fields);
  const jobs = new Map<string, Job>();
  for (const node of pages.flatMap((page) => nodesOf(page))) {
    if ('uuid' in node) jobs.set(node.uuid, jobOf(node, where, null));
  }
  const ended = pages.at(-1)?.pageInfo?.hasNextPage === false;
  const listed = [...jobs.values()];
  return { build: buildOf(fields, listed, ended && pages.every(hasAllNodes)), jobs: listed };
}

/** A step has more than a hundred jobs only if it is very parallel. */
async function completeSteps(
  transport: Transport,
  fields: BuildFields & { readonly jobs: StepPage },
  steps: readonly string[],
  signal: AbortSignal,
): Promise<Answer<BuildWithJobs>> {
  const pages: StepPage[] = [fields.jobs];
  for (let seen = fields.jobs.edges.length; seen < fields.jobs.count && pages.length < MOST_PAGES;) {
    const after = pages.at(-1)?.edges.at(-1)?.cursor;
    if (after === undefined) break;
    const variables = { uuid: fields.uuid, after, ...variablesOf(steps) };
    const answer = await transport.read('BuildSteps', variables, signal);
    if (!answer.ok) return answer;
    if (answer.value.build === null) return makeMissing(`build ${fields.uuid}`);
    pages.push(answer.value.build.jobs);
    seen += answer.value.build.jobs.edges.length;
  }
  const [only] = steps.length === 1 ? steps : [];
  const where = whereOfJob(fields);
  const jobs = new Map<string, Job>();
  for (const node of pages.flatMap((page) => nodesOf(page))) {
    if (!('uuid' in node)) continue;
    const step = only === undefined ? (node.step ?? null) : { key: only };
    jobs.set(node.uuid, jobOf({ ...node, step }, where, null));
  }
  return { ok: true, value: { build: buildOf(fields, null, false), jobs: [...jobs.values()] } };
}

/**
 * The build with a drill's mark. The format of Buildkite's meta-data filter is not documented, so its result is checked
 * here, and if it returns nothing the newest builds are searched without it.
 */
export async function readBuildOfDrill(
  transport: Transport,
  organization: string,
  pipeline: string,
  mark: Mark,
  signal: AbortSignal,
): Promise<Answer<BuildWithJobs | null>> {
  const slug = `${organization}/${pipeline}`;
  const { key, value } = makeMarkEntry(mark);
  const metaData = [`${key}:${value}`];
  const filtered = await transport.read('DrillBuild', { organization, slug, metaData }, signal);
  if (!filtered.ok) return filtered;
  if (filtered.value.organization === null) return makeMissingOrganization(organization);
  const found = findMarked(filtered.value.pipeline, mark);
  if (found !== null) return readBuild(transport, found, [], signal);
  const recent = await transport.read('RecentBuilds', { slug }, signal);
  if (!recent.ok) return recent;
  if (recent.value.pipeline === null) return makeMissing(`pipeline "${pipeline}" in "${organization}"`);
  const late = findMarked(recent.value.pipeline, mark);
  return late === null ? { ok: true, value: null } : readBuild(transport, late, [], signal);
}

function findMarked(pipeline: AnswerOf<'RecentBuilds'>['pipeline'], mark: Mark): string | null {
  const builds = pipeline === null ? [] : nodesOf(pipeline.builds);
  const { key, value } = makeMarkEntry(mark);
  return builds.find((build) => metaDataOf(build.metaData)[key] === value)?.uuid ?? null;
}
