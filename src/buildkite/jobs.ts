import type { Answer } from '../model/answer.ts';
import type { Job } from '../model/entities/job.ts';
import { hasAllNodes, nodesOf } from './answers.ts';
import type { EventFields, EventPage } from './answers.ts';
import { jobOf, whereOfJob } from './map.ts';
import { makeMissing, makeUnusable } from './missing.ts';
import type { Transport } from './transport.ts';

/** Pages of 100 events to read at most. A longer history is an error, as a verdict needs its end. */
const MOST_PAGES = 10;

/** One command job with all its events. */
export async function readJob(transport: Transport, uuid: string, signal: AbortSignal): Promise<Answer<Job>> {
  const answer = await transport.read('Job', { uuid }, signal);
  if (!answer.ok) return answer;
  const { job } = answer.value;
  if (job === null) return makeMissing(`job ${uuid}`);
  if (!('uuid' in job)) return makeMissing(`command job ${uuid}`);
  const events = await readAllEvents(transport, uuid, job.events, signal);
  return events.ok ? { ok: true, value: jobOf(job, whereOfJob(job.build), events.value) } : events;
}

async function readAllEvents(
  transport: Transport,
  uuid: string,
  first: EventPage,
  signal: AbortSignal,
): Promise<Answer<readonly EventFields[]>> {
  const events: EventFields[] = [];
  let page = first;
  for (let turn = 1; ; turn += 1) {
    if (!hasAllNodes(page)) return makeUnusable(`Buildkite hides an event of job ${uuid}`);
    events.push(...nodesOf(page));
    if (page.pageInfo?.hasNextPage !== true) return { ok: true, value: events };
    const after = page.pageInfo.endCursor;
    if (after === null || turn >= MOST_PAGES) return makeUnusable(`the history of job ${uuid} has no end`);
    const next = await transport.read('JobEvents', { uuid, after }, signal);
    if (!next.ok) return next;
    if (next.value.job === null || !('events' in next.value.job)) return makeMissing(`job ${uuid}`);
    page = next.value.job.events;
  }
}
