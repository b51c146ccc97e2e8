import type { Answer } from '../model/answer.ts';
import type { Agent } from '../model/entities/agent.ts';
import type { Job } from '../model/entities/job.ts';
import { hasAllNodes, nodesOf } from './answers.ts';
import type { AgentWithJobs } from './answers.ts';
import { agentOf, jobOf, whereOfJob } from './map.ts';
import { makeMissing, makeMissingOrganization } from './missing.ts';
import type { Transport } from './transport.ts';

/** Agents in a page; each costs about one point. */
const PAGE = 100;
/** Pages after which a filtered listing counts as incomplete. One task has few agents. */
const MOST_PAGES = 2;
/** Pages of all agents at most: 1,000 agents for about 1,050 of the 5,000 points that a user has in five minutes. */
const MOST_PAGES_OF_ALL = 10;

interface AgentAndJobs {
  readonly agent: Agent;
  readonly jobs: readonly Job[];
}

/** One agent with its latest jobs. A disconnected agent is found by its node id. */
export async function readAgent(
  transport: Transport,
  organization: string,
  uuid: string,
  signal: AbortSignal,
): Promise<Answer<AgentAndJobs>> {
  const answer = await transport.read('Agent', { slug: `${organization}/${uuid}` }, signal);
  if (!answer.ok) return answer;
  if (answer.value.agent !== null) return { ok: true, value: withJobs(answer.value.agent) };
  const id = Buffer.from(`Agent---${uuid}`).toString('base64');
  const byNode = await transport.read('AgentNode', { id }, signal);
  if (!byNode.ok) return byNode;
  const { node } = byNode.value;
  if (node === null || !('uuid' in node) || node.uuid !== uuid) return makeMissing(`agent ${uuid}`);
  return { ok: true, value: withJobs(node) };
}

/** The agent in our model; `jobs` is null if one of them is hidden, as the list is then incomplete. */
function withJobs(fields: AgentWithJobs): AgentAndJobs {
  const jobs = (fields.jobs === null ? [] : nodesOf(fields.jobs)).flatMap((node) =>
    'uuid' in node ? [jobOf(node, whereOfJob(node.build), null)] : [],
  );
  const known = fields.jobs !== null && hasAllNodes(fields.jobs);
  return { agent: agentOf(fields, known ? jobs.map((job) => job.id) : null), jobs };
}

interface Listing {
  readonly agents: readonly Agent[];
  readonly complete: boolean;
}

/** The connected and stopping agents with a tag. Buildkite filters; the result is checked again here. */
export async function readAgentsWithTag(
  transport: Transport,
  organization: string,
  tag: string,
  signal: AbortSignal,
): Promise<Answer<Listing>> {
  const [key, value] = splitTag(tag);
  const has = (agent: Agent): boolean => agent.tags[key] === value;
  return listAgents(transport, { organization, metaData: [tag] }, MOST_PAGES, has, signal);
}

/** All connected and stopping agents, whatever Buildkite's filter does. */
export async function readAllAgents(
  transport: Transport,
  organization: string,
  signal: AbortSignal,
): Promise<Answer<Listing>> {
  return listAgents(transport, { organization }, MOST_PAGES_OF_ALL, () => true, signal);
}

async function listAgents(
  transport: Transport,
  wanted: { readonly organization: string; readonly metaData?: readonly string[] },
  mostPages: number,
  fits: (agent: Agent) => boolean,
  signal: AbortSignal,
): Promise<Answer<Listing>> {
  const agents = new Map<string, Agent>();
  const listing = (complete: boolean): Answer<Listing> => ({
    ok: true,
    value: { agents: [...agents.values()].filter(fits), complete },
  });
  let complete = true;
  let after: string | undefined;
  for (let turn = 0; turn < mostPages; turn += 1) {
    const answer = await transport.read('Agents', { ...wanted, first: PAGE, after }, signal);
    if (!answer.ok) return answer;
    if (answer.value.organization === null) return makeMissingOrganization(wanted.organization);
    const page = answer.value.organization.agents;
    if (page === null) return makeMissing(`agents of "${wanted.organization}"`);
    complete &&= hasAllNodes(page);
    for (const fields of nodesOf(page)) agents.set(fields.uuid, agentOf(fields, null));
    const more = page.pageInfo?.hasNextPage ?? true;
    if (!more) return listing(complete);
    if (page.pageInfo?.endCursor === null || page.pageInfo === null) break;
    after = page.pageInfo.endCursor;
  }
  return listing(false);
}

function splitTag(tag: string): readonly [string, string] {
  const at = tag.indexOf('=');
  return at < 0 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
}
