import {
  DescribeCapacityProvidersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Answer } from '../model/call.ts';
import type { PlainDocument } from '../model/entities/document.ts';
import { answerOf, found, oneOf, onlyMissing, shaped } from './describe.ts';
import type { Sdk } from './sdk.ts';

const Document = z.record(z.string(), z.unknown());

/** The document as the AWS command line prints it: dates become texts. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

/** The full answer of DescribeTaskDefinition. */
export async function taskDefinitionDocument(
  sdk: Sdk,
  arn: string,
  signal: AbortSignal,
): Promise<Answer<PlainDocument>> {
  const read = await sdk.call('DescribeTaskDefinition', signal, async (abortSignal) => {
    const command = new DescribeTaskDefinitionCommand({ taskDefinition: arn });
    const answer = await sdk.reads.send(command, { abortSignal });
    return shaped(Document, plain(answer.taskDefinition), 'task definition');
  });
  return answerOf(read);
}

/** The full answer of DescribeServices for one service. */
export async function serviceDocument(
  sdk: Sdk,
  cluster: string,
  name: string,
  signal: AbortSignal,
): Promise<Answer<PlainDocument>> {
  const read = await sdk.call('DescribeServices', signal, async (abortSignal) => {
    const command = new DescribeServicesCommand({ cluster, services: [name] });
    const answer = await sdk.reads.send(command, { abortSignal });
    return oneOf(Document, plain(answer.services), answer.failures, `service ${name}`);
  });
  return found(read, `service "${name}" in cluster "${cluster}"`, (document) => document);
}

/** The answer of DescribeCapacityProviders; an unknown name is absent from it. */
export async function capacityProviders(
  sdk: Sdk,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly PlainDocument[]>> {
  if (names.length === 0) return { ok: true, value: [] };
  const read = await sdk.call('DescribeCapacityProviders', signal, async (abortSignal) => {
    const command = new DescribeCapacityProvidersCommand({ capacityProviders: [...names] });
    const answer = await sdk.reads.send(command, { abortSignal });
    onlyMissing(answer.failures);
    return shaped(z.array(Document), plain(answer.capacityProviders), 'capacity providers');
  });
  return answerOf(read);
}
