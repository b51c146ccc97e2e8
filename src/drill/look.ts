import type { Buildkite } from '../buildkite/port.ts';
import type { Ecs } from '../ecs/port.ts';
import type { Surroundings } from '../surroundings/port.ts';
import { itemsOf, isObject, member, pathText, textOf } from '../preflight/json.ts';
import type { Json, JsonObject } from '../preflight/json.ts';
import { judge } from '../preflight/judge.ts';
import { hideDocuments } from '../preflight/hidden.ts';
import { subjectOf } from '../preflight/subject-of.ts';
import { OFFLINE } from '../preflight/documents.ts';
import type { Doc, Documents, Live } from '../preflight/documents.ts';
import type { Text } from '../preflight/text.ts';
import { unwrapDocument } from '../preflight/unwrap.ts';
import { readPipeline } from '../preflight/yaml.ts';
import type { Answer } from '../model/answer.ts';
import type { PlainDocument } from '../model/entities/document.ts';
import type { Preflight } from '../model/entities/preflight.ts';
import type { StepName } from '../model/step-name.ts';
import { stepOfPlan, type Plan } from '../scenario/plan.ts';
import { findFact, type Fact, type World } from '../model/world.ts';

/** What is to be looked at; null is none. */
export interface Place {
  readonly cluster: string;
  readonly service: string | null;
  readonly family: string | null;
  readonly organization: string | null;
  readonly pipeline: string | null;
  readonly step: StepName | null;
  /** Of the scenario, for people. */
  readonly file: string;
}

/** The documents of what runs, and what could not be read of them. */
export interface Looked {
  readonly documents: Documents;
  readonly unread: readonly { readonly rule: string; readonly said: string }[];
  /** The steps as Buildkite shows them; null where they were not read. */
  readonly steps: Text | null;
}

/** Reads a service's definition and what stands around it, secrets hidden. Only the definition must be there; all else may be unknown. */
export async function readDocuments(
  place: Place,
  ports: { readonly ecs: Ecs; readonly buildkite: Buildkite | null },
  signal: AbortSignal,
): Promise<Answer<Looked>> {
  const { ecs, buildkite } = ports;
  const service =
    place.service === null ? null : await ecs.serviceDocument(place.cluster, place.service, signal);
  if (service?.ok === false) return service;
  const arn = service === null ? place.family : service.value['taskDefinition'];
  if (typeof arn !== 'string')
    return makeUnusableAnswer('the task definition is not known: name a service or a family');
  const definition = await ecs.taskDefinitionDocument(arn, signal);
  if (!definition.ok) return definition;
  const taskDefinition = unwrapDocument('taskDefinition', toJsonObject(definition.value), arn);
  if (!('value' in taskDefinition)) return makeUnusableAnswer(`${arn}: ${taskDefinition.why}`);
  const unread: { rule: string; said: string }[] = [];
  const named = `service ${place.service ?? ''}`;
  const serviceDoc = service === null ? null : docOf(toJsonObject(service.value), named);
  const providers = await providersOf(place.cluster, serviceDoc, ecs, signal);
  if (providers !== null && !providers.ok)
    unread.push({ rule: 'managed-draining', said: `the capacity providers: ${providers.trouble.message}` });
  const pipeline = buildkite === null ? null : await stepsOf(place, buildkite, signal);
  if (typeof pipeline === 'string') unread.push({ rule: 'missing-step-key', said: pipeline });
  const documents: Documents = {
    taskDefinition,
    service: serviceDoc,
    pipeline: typeof pipeline === 'string' ? null : (pipeline?.doc ?? null),
    imageConfig: null,
    capacityProvider:
      providers?.ok === true
        ? docOf({ capacityProviders: providers.value.map(toJsonObject) }, 'capacity providers')
        : null,
    hooks: null,
    scenario: place.step === null ? null : docOf({ when: { step: place.step } }, place.file),
  };
  const steps = typeof pipeline === 'string' ? null : (pipeline?.text ?? null);
  return { ok: true, value: { documents: hideDocuments(documents), unread, steps } };
}

function makeUnusableAnswer(message: string): Answer<never> {
  return { ok: false, trouble: { kind: 'garbage', message, retryAfter: null } };
}

function toJsonObject(document: PlainDocument): JsonObject {
  return document as JsonObject;
}

function docOf(value: JsonObject, name: string): Doc {
  return { value, base: [], name };
}

/** Those of Auto Scaling groups: Fargate's own have no group. */
async function providersOf(
  cluster: string,
  service: Doc | null,
  ecs: Ecs,
  signal: AbortSignal,
): Promise<Answer<readonly PlainDocument[]> | null> {
  const strategy = itemsOf(member(service?.value, 'capacityProviderStrategy'));
  const names = strategy
    .flatMap((one) => textOf(member(one, 'capacityProvider')) ?? [])
    .filter((name) => !name.startsWith('FARGATE'));
  return names.length === 0 ? null : ecs.capacityProviders(cluster, [...new Set(names)], signal);
}

/** The pipeline's steps, or why they are not known. */
async function stepsOf(
  { organization, pipeline }: Place,
  buildkite: Buildkite,
  signal: AbortSignal,
): Promise<{ readonly doc: Doc; readonly text: Text } | string | null> {
  if (organization === null || pipeline === null) return null;
  const steps = await buildkite.pipelineSteps(organization, pipeline, signal);
  if (!steps.ok) return `the steps of ${pipeline}: ${steps.trouble.message}`;
  if (steps.value === null) return `the steps of ${pipeline}: Buildkite shows none`;
  const read = readPipeline(steps.value);
  if (!('value' in read)) return `the steps of ${pipeline}: they are not valid YAML`;
  const doc: Json = read.value;
  return isObject(doc) && Array.isArray(member(doc, 'steps'))
    ? { doc: docOf(doc, `pipeline ${pipeline}`), text: read }
    : `the steps of ${pipeline}: there is no list of steps`;
}

interface Ports {
  readonly ecs: Ecs;
  readonly buildkite: Buildkite;
  readonly surroundings: Pick<Surroundings, 'self'>;
}

/** The look as a fact of a drill, with what is known beside the documents. Always answered: what cannot be read is part of the answer. */
export async function readPreflightFact(
  id: string,
  plan: Plan,
  world: World,
  { ecs, buildkite, surroundings }: Ports,
  signal: AbortSignal,
  known: Partial<Live> = {},
): Promise<Answer<readonly Fact[]>> {
  const { scenario, organization, file } = plan;
  const { name: cluster, service, family, container } = scenario.cluster;
  const ownTask = await ownTaskOf(world, surroundings, signal);
  const place = {
    ...{ cluster, service, family, container, organization, file, ownTask },
    pipeline: scenario.build.pipeline,
    step: stepOfPlan(plan),
  };
  const value = await runPreflight(place, { ecs, buildkite }, known, signal);
  return { ok: true, value: [{ kind: 'preflight', id, value }] };
}

/** The task that gameday runs in. At the gate both are asked at once, so it may have to be looked up here. */
async function ownTaskOf(
  world: World,
  surroundings: Ports['surroundings'],
  signal: AbortSignal,
): Promise<string | null> {
  const known = findFact(world, 'self', 'self');
  if (known !== undefined) return known.taskArn;
  const self = await surroundings.self(signal);
  return self.ok ? self.value.taskArn : null;
}

/** What the rules say of a service before a drill starts anything. Whatever cannot be read is said, and never fails the drill. */
async function runPreflight(
  place: Place & { readonly container: string | null; readonly ownTask: string | null },
  ports: { readonly ecs: Ecs; readonly buildkite: Buildkite },
  known: Partial<Live>,
  signal: AbortSignal,
): Promise<Preflight> {
  const looked = await readDocuments(place, ports, signal);
  if (!looked.ok)
    return { container: null, findings: [], unknown: [{ rule: 'all', said: looked.trouble.message }] };
  const { documents, unread } = looked.value;
  const live: Live = { ...OFFLINE, ...known, cluster: place.cluster, ownTask: place.ownTask };
  const subject = subjectOf(documents, live, place.container);
  if (!('agent' in subject)) {
    const said = `which of the containers ${subject.names.join(', ')} is the agent's is not known: name it in cluster.container`;
    return { container: null, findings: [], unknown: [{ rule: 'all', said }] };
  }
  const { findings, unknown, container } = judge(subject);
  return {
    container,
    findings: findings.map(({ rule, severity, document, path, seen, todo, data }) => ({
      ...{ rule, severity, seen, todo },
      ...(data === undefined ? {} : { data }),
      at: [documents[document]?.name ?? document, pathText(path)].filter((part) => part !== '').join(' '),
    })),
    unknown: [...unknown, ...unread],
  };
}
