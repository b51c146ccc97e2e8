import { ListClustersCommand, ListServicesCommand } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Answer } from '../model/answer.ts';
import { answerOfRead, requireShape } from './describe.ts';
import type { Called, Sdk } from './sdk.ts';

/** Page size of both listings: 100 names. */
const PAGE = 100;
/** Nobody chooses from a longer list; a person types the name then. */
const MOST_PAGES = 5;

/** Names of the clusters in the region, in their order. */
export async function readClusterNames(sdk: Sdk, signal: AbortSignal): Promise<Answer<readonly string[]>> {
  return answerOfRead(
    await readList('ListClusters', sdk, signal, async (nextToken, abortSignal) => {
      const answer = await sdk.reads.send(new ListClustersCommand({ maxResults: PAGE, nextToken }), {
        abortSignal,
      });
      return { arns: answer.clusterArns, nextToken: answer.nextToken };
    }),
  );
}

/** Names of the services on a cluster, in their order. */
export async function readServiceNames(
  sdk: Sdk,
  cluster: string,
  signal: AbortSignal,
): Promise<Answer<readonly string[]>> {
  return answerOfRead(
    await readList('ListServices', sdk, signal, async (nextToken, abortSignal) => {
      const command = new ListServicesCommand({ cluster, maxResults: PAGE, nextToken });
      const answer = await sdk.reads.send(command, { abortSignal });
      return { arns: answer.serviceArns, nextToken: answer.nextToken };
    }),
  );
}

type Page = (
  nextToken: string | undefined,
  abortSignal: AbortSignal,
) => Promise<{ readonly arns: unknown; readonly nextToken: string | undefined }>;

function readList(
  operation: 'ListClusters' | 'ListServices',
  sdk: Sdk,
  signal: AbortSignal,
  read: Page,
): Promise<Called<readonly string[]>> {
  return sdk.call(operation, signal, async (abortSignal) => {
    const names: string[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await read(nextToken, abortSignal);
      const arns = requireShape(z.array(z.string()), answer.arns, 'ARNs');
      names.push(...arns.map((arn) => arn.split('/').at(-1) ?? arn));
      nextToken = answer.nextToken;
      if (nextToken === undefined || nextToken === '') break;
    }
    return names.toSorted();
  });
}
