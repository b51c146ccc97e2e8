import {
  DescribeCapacityProvidersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Answer } from '../model/answer.ts';
import type { PlainDocument } from '../model/entities/document.ts';
import { answerOfRead, answerOne, pickOne, requireOnlyMissing, requireShape } from './describe.ts';
import type { Sdk } from './sdk.ts';

const Document = z.record(z.string(), z.unknown());

/** The document as the AWS command line prints it: dates become texts. */
function toPlainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

/** The full answer of DescribeTaskDefinition. */
export async function readTaskDefinitionDocument(
  sdk: Sdk,
  arn: string,
  signal: AbortSignal,
): Promise<Answer<PlainDocument>> {
  const read = await sdk.call('DescribeTaskDefinition', signal, async (abortSignal) => {
    const command = new DescribeTaskDefinitionCommand({ taskDefinition: arn });
    const answer = await sdk.reads.send(command, { abortSignal });
    return requireShape(Document, toPlainJson(answer.taskDefinition), 'task definition');
  });
  return answerOfRead(read);
}

/** The full answer of DescribeServices for one service. */
export async function readServiceDocument(
  sdk: Sdk,
  cluster: string,
  name: string,
  signal: AbortSignal,
): Promise<Answer<PlainDocument>> {
  const read = await sdk.call('DescribeServices', signal, async (abortSignal) => {
    const command = new DescribeServicesCommand({ cluster, services: [name] });
    const answer = await sdk.reads.send(command, { abortSignal });
    return pickOne(Document, toPlainJson(answer.services), answer.failures, `service ${name}`);
  });
  return answerOne(read, `service "${name}" in cluster "${cluster}"`, (document) => document);
}

/** The answer of DescribeCapacityProviders; an unknown name is absent from it. Those of Managed Instances are shown only where the cluster is named. */
export async function readCapacityProviders(
  sdk: Sdk,
  cluster: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly PlainDocument[]>> {
  if (names.length === 0) return { ok: true, value: [] };
  const read = await sdk.call('DescribeCapacityProviders', signal, async (abortSignal) => {
    const command = new DescribeCapacityProvidersCommand({ cluster, capacityProviders: [...names] });
    const answer = await sdk.reads.send(command, { abortSignal });
    requireOnlyMissing(answer.failures);
    return requireShape(z.array(Document), toPlainJson(answer.capacityProviders), 'capacity providers');
  });
  return answerOfRead(read);
}
