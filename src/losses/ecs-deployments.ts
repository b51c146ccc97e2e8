import { z } from 'zod';
import type { Ecs, ListedDeployments } from '../ecs/port.ts';
import type { PlainDocument } from '../model/entities/document.ts';
import { readInstant } from '../forecast/instant.ts';
import { instantOf } from './document.ts';
import type { Deployment } from './document.ts';

const DAY = 86_400_000;
/** ECS keeps deployments for 90 days and refuses to be asked for older ones; the day between allows for its clock and ours. */
const KEPT = 89 * DAY;

/** What was found of a service's deployments, null if nothing could be read, and what there is to say of it. */
export interface FoundDeployments {
  readonly deployments: readonly Deployment[] | null;
  readonly remarks: readonly string[];
}

/** The deployments of a service in a period: those that ECS keeps, or without the right to list them, what the service itself still shows. */
export async function readDeploymentsOf(
  { cluster, name }: { readonly cluster: string; readonly name: string },
  { from, now }: { readonly from: number; readonly now: number },
  ecs: Pick<Ecs, 'serviceDeployments' | 'serviceDocument'>,
  signal: AbortSignal,
): Promise<FoundDeployments> {
  // One that began before the period may still have stopped workers in it.
  const since = Math.max(from - DAY, now - KEPT);
  const listed = await ecs.serviceDeployments(cluster, name, since, signal);
  if (listed.ok && listed.value.deployments.length > 0)
    return { deployments: deploymentsOf(listed.value), remarks: remarksOf(listed.value, name, from < since) };
  const shown = await ecs.serviceDocument(cluster, name, signal);
  if (!shown.ok) {
    const { message } = listed.ok ? shown.trouble : listed.trouble;
    return { deployments: null, remarks: [`the deployments of ${name} could not be read: ${message}`] };
  }
  const deployments = deploymentsIn(shown.value);
  if (deployments === null)
    return {
      deployments,
      remarks: [`the deployments of ${name} could not be read: ECS describes no service`],
    };
  const controller = controllerOf(shown.value);
  if (controller !== 'ECS')
    return {
      deployments,
      remarks: [`ECS keeps no deployments of ${name}, because ${controller} rolls them: look for them there`],
    };
  if (listed.ok) return { deployments, remarks: remarksOf(listed.value, name, from < since) };
  const { kind, message } = listed.trouble;
  const next = kind === 'denied' ? 'allow ecs:ListServiceDeployments' : 'ask again later';
  return {
    deployments,
    remarks: [
      `of the deployments of ${name} only the one that stands and those in its last hundred events are known; for those of 90 days ${next}: ${message}`,
    ],
  };
}

function deploymentsOf({ deployments }: ListedDeployments): readonly Deployment[] {
  return deployments
    .map(({ id, startedAt, createdAt, finishedAt }) => ({
      id,
      beganAt: startedAt ?? createdAt,
      completedAt: finishedAt,
    }))
    .toSorted((a, b) => instantOf(a) - instantOf(b));
}

function remarksOf(
  { deployments, complete }: ListedDeployments,
  name: string,
  isCut: boolean,
): readonly string[] {
  return [
    ...(complete ? [] : [`${name} has more deployments than the ${deployments.length} that could be read`]),
    ...(isCut ? [`ECS keeps the deployments of ${name} for 90 days: older ones are not among them`] : []),
  ];
}

/** Who rolls the service's deployments. */
function controllerOf({ deploymentController }: PlainDocument): string {
  const read = z.object({ type: z.string() }).safeParse(deploymentController);
  return read.success ? read.data.type : 'ECS';
}

/** A time as the AWS command line prints it. */
const Time = z.string().transform((text, context) => {
  const at = readInstant(text)?.at;
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: 'not a time' });
  return z.NEVER;
});
/** The part of a service that tells of its deployments (API, Service: deployments, and its last hundred events). */
const Service = z.object({
  deployments: z.array(z.object({ id: z.string(), createdAt: Time.optional() })).default([]),
  events: z.array(z.object({ createdAt: Time, message: z.string() })).default([]),
});

/** The deployments that a service as ECS describes it still tells of, the first first; null if it is no service. */
export function deploymentsIn(document: unknown): readonly Deployment[] | null {
  const read = Service.safeParse(document);
  if (!read.success) return null;
  const { deployments, events } = read.data;
  const completed = new Map(
    events.flatMap(({ createdAt, message }) => {
      const id = /\(deployment ([^)\s]+)\) deployment completed/.exec(message)?.[1];
      return id === undefined ? [] : [[id, createdAt] as const];
    }),
  );
  const began = new Map(deployments.map(({ id, createdAt }) => [id, createdAt ?? null] as const));
  return [...new Set([...began.keys(), ...completed.keys()])]
    .map((id) => ({ id, beganAt: began.get(id) ?? null, completedAt: completed.get(id) ?? null }))
    .toSorted((a, b) => instantOf(a) - instantOf(b));
}
