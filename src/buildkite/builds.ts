import type { Answer } from '../model/call.ts';
import type { Job } from '../model/entities/job.ts';
import { makeMarkEntry } from '../model/entities/mark.ts';
import type { Mark } from '../model/entities/mark.ts';
import { hasAllNodes, nodesOf } from './answers.ts';
import type { AnswerOf, BuildFields, JobPage } from './answers.ts';
import { buildOf, jobOf, metaDataOf, whereOf } from './map.ts';
import { makeMissing, makeMissingOrganization } from './missing.ts';
import type { BuildWithJobs } from './port.ts';
import type { Transport } from './transport.ts';

/** Pages of 100 jobs after which a listing counts as incomplete. */
const MOST_PAGES = 5;

/** One build by slug or UUID with its command jobs, at most 500 of them. */
export async function readBuild(
  transport: Transport,
  slugOrUuid: string,
  signal: AbortSignal,
): Promise<Answer<BuildWithJobs>> {
  const by = slugOrUuid.includes('/') ? { slug: slugOrUuid } : { uuid: slugOrUuid };
  const answer = await transport.read('Build', by, signal);
  if (!answer.ok) return answer;
  return completeBuild(transport, answer.value.build, slugOrUuid, signal);
}

async function completeBuild(
  transport: Transport,
  fields: BuildFields | null,
  slugOrUuid: string,
  signal: AbortSignal,
): Promise<Answer<BuildWithJobs>> {
  if (fields === null) return makeMissing(`build ${slugOrUuid}`);
  const pages = await readMorePages(transport, fields, signal);
  return pages.ok ? { ok: true, value: assembleBuild(fields, pages.value) } : pages;
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
  signal: AbortSignal,
): Promise<readonly Answer<BuildWithJobs>[]> {
  const answers: Promise<readonly Answer<BuildWithJobs>[]>[] = [];
  for (let from = 0; from < uuids.length; from += AT_ONCE)
    answers.push(readAtOnce(transport, uuids.slice(from, from + AT_ONCE), signal));
  return (await Promise.all(answers)).flat();
}

async function readAtOnce(
  transport: Transport,
  uuids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Answer<BuildWithJobs>[]> {
  const answer = await transport.readBuilds(uuids, signal);
  if (!answer.ok) return uuids.map(() => answer);
  return Promise.all(
    uuids.map((uuid, at) => completeBuild(transport, answer.value[at] ?? null, uuid, signal)),
  );
}

async function readMorePages(
  transport: Transport,
  fields: BuildFields,
  signal: AbortSignal,
): Promise<Answer<readonly JobPage[]>> {
  const pages: JobPage[] = [fields.jobs];
  for (let after = nextOf(fields.jobs); after !== null && pages.length < MOST_PAGES;) {
    const answer = await transport.read('BuildJobs', { uuid: fields.uuid, after }, signal);
    if (!answer.ok) return answer;
    if (answer.value.build === null) return makeMissing(`build ${fields.uuid}`);
    pages.push(answer.value.build.jobs);
    after = nextOf(answer.value.build.jobs);
  }
  return { ok: true, value: pages };
}

function nextOf(page: JobPage): string | null {
  return page.pageInfo?.hasNextPage === true ? page.pageInfo.endCursor : null;
}

/** A build from the answer of a mutation, with the first page of its jobs. */
export function withFirstPage(fields: BuildFields): BuildWithJobs {
  return assembleBuild(fields, [fields.jobs]);
}

/** Without duplicates: pages may shift while they are read. */
function assembleBuild(fields: BuildFields, pages: readonly JobPage[]): BuildWithJobs {
  const where = whereOf(fields);
  const jobs = new Map<string, Job>();
  for (const node of pages.flatMap((page) => nodesOf(page))) {
    if ('uuid' in node) jobs.set(node.uuid, jobOf(node, where, null));
  }
  const ended = pages.at(-1)?.pageInfo?.hasNextPage === false;
  const listed = [...jobs.values()];
  return { build: buildOf(fields, listed, ended && pages.every(hasAllNodes)), jobs: listed };
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
  if (found !== null) return readBuild(transport, found, signal);
  const recent = await transport.read('RecentBuilds', { slug }, signal);
  if (!recent.ok) return recent;
  if (recent.value.pipeline === null) return makeMissing(`pipeline "${pipeline}" in "${organization}"`);
  const late = findMarked(recent.value.pipeline, mark);
  return late === null ? { ok: true, value: null } : readBuild(transport, late, signal);
}

function findMarked(pipeline: AnswerOf<'RecentBuilds'>['pipeline'], mark: Mark): string | null {
  const builds = pipeline === null ? [] : nodesOf(pipeline.builds);
  const { key, value } = makeMarkEntry(mark);
  return builds.find((build) => metaDataOf(build.metaData)[key] === value)?.uuid ?? null;
}
