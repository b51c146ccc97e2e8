import type { Answer } from '../model/call.ts';
import type { Job } from '../model/entities/job.ts';
import { allSeen, nodes } from './answers.ts';
import type { EventFields, EventPage } from './answers.ts';
import { jobOf, whereOfJob } from './map.ts';
import { missing, unusable } from './missing.ts';
import type { Transport } from './transport.ts';

/** Pages of 100 events to read at most. A longer history is an error, as a verdict needs its end. */
const MOST_PAGES = 10;

/** One command job with all its events. */
export async function readJob(transport: Transport, uuid: string, signal: AbortSignal): Promise<Answer<Job>> {
  const answer = await transport.read('Job', { uuid }, signal);
  if (!answer.ok) return answer;
  const { job } = answer.value;
  if (job === null) return missing(`job ${uuid}`);
  if (!('uuid' in job)) return missing(`command job ${uuid}`);
  const events = await allEvents(transport, uuid, job.events, signal);
  return events.ok ? { ok: true, value: jobOf(job, whereOfJob(job.build), events.value) } : events;
}

async function allEvents(
  transport: Transport,
  uuid: string,
  first: EventPage,
  signal: AbortSignal,
): Promise<Answer<readonly EventFields[]>> {
  const events: EventFields[] = [];
  let page = first;
  for (let turn = 1; ; turn += 1) {
    if (!allSeen(page)) return unusable(`Buildkite hides an event of job ${uuid}`);
    events.push(...nodes(page));
    if (page.pageInfo?.hasNextPage !== true) return { ok: true, value: events };
    const after = page.pageInfo.endCursor;
    if (after === null || turn >= MOST_PAGES) return unusable(`the history of job ${uuid} has no end`);
    const next = await transport.read('JobEvents', { uuid, after }, signal);
    if (!next.ok) return next;
    if (next.value.job === null || !('events' in next.value.job)) return missing(`job ${uuid}`);
    page = next.value.job.events;
  }
}
