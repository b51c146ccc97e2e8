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

/** Dates become texts, so that a document is what the command line of AWS prints. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

/** DescribeTaskDefinition, whole. */
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

/** DescribeServices of one service, whole. */
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

/** DescribeCapacityProviders; a name that ECS does not know is absent. */
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
