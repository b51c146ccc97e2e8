import { ListServiceDeploymentsCommand } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Answer } from '../model/answer.ts';
import { answerOfRead, requireShape } from './describe.ts';
import type { ListedDeployments, ServiceDeployment } from './port.ts';
import type { Sdk } from './sdk.ts';

/** Largest page of ListServiceDeployments, and after so many pages the listing is given up. */
const PAGE = 100;
const MOST_PAGES = 100;

const Time = z
  .date()
  .optional()
  .transform((when) => (when === undefined ? null : when.getTime()));
/** API Reference, ServiceDeploymentBrief. */
const Brief = z.object({
  serviceDeploymentArn: z.string(),
  createdAt: Time,
  startedAt: Time,
  finishedAt: Time,
  status: z.string().default('unknown'),
});

/** Reads the deployments of a service that were created since then, page by page, as far as the time of one call goes. */
export async function readServiceDeployments(
  sdk: Sdk,
  { cluster, service, since }: { readonly cluster: string; readonly service: string; readonly since: number },
  signal: AbortSignal,
): Promise<Answer<ListedDeployments>> {
  const startedAt = sdk.now();
  const read = await sdk.call('ListServiceDeployments', signal, async (abortSignal) => {
    const deployments: ServiceDeployment[] = [];
    const filter = { cluster, service, createdAt: { after: new Date(since) }, maxResults: PAGE };
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES && !sdk.isNearlyLate(startedAt); page += 1) {
      const command = new ListServiceDeploymentsCommand({
        ...filter,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      const answer = await sdk.reads.send(command, { abortSignal });
      const briefs = requireShape(z.array(Brief), answer.serviceDeployments, 'service deployments');
      deployments.push(...briefs.map(deploymentOf));
      nextToken = answer.nextToken;
      if (nextToken === undefined || nextToken === '') return { deployments, complete: true };
    }
    return { deployments, complete: false };
  });
  return answerOfRead(read);
}

function deploymentOf({ serviceDeploymentArn: arn, ...times }: z.output<typeof Brief>): ServiceDeployment {
  return { id: arn.slice(arn.lastIndexOf('/') + 1), ...times };
}
