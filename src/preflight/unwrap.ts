import { isObject, itemsOf, member, textsOf } from './json.ts';
import type { Json, Path } from './json.ts';
import type { Doc, DocumentName } from './documents.ts';

/** Why a document is not of the expected kind: where, what, and what to do. */
export interface Misfit {
  readonly path: Path;
  readonly why: string;
  readonly next: string;
}

type OneDocument = Exclude<DocumentName, 'hooks'>;

const CALLED: Readonly<Record<OneDocument, string>> = {
  taskDefinition: 'a task definition',
  service: 'a service',
  pipeline: 'a pipeline',
  imageConfig: "an image's configuration",
  capacityProvider: 'capacity providers',
  scenario: 'a scenario',
};

const CONVERT =
  'Register it and read it back: aws ecs describe-task-definition --task-definition FAMILY > task-definition.json.';

/** Takes a document out of the answer of a describe command, the input of a register command, or an inspected image. */
export function unwrapDocument(kind: OneDocument, value: Json, name: string): Doc | Misfit {
  const strange = kind === 'taskDefinition' || kind === 'service' ? findOtherCasing(kind, value) : null;
  if (strange !== null) return strange;
  const base = baseOf(kind, value);
  const inner = base.reduce<Json | undefined>(
    (at, part) => (typeof part === 'number' ? itemsOf(at)[part] : member(at, part)),
    value,
  );
  if (!isObject(inner))
    return makeMisfit(
      base,
      `this is not ${CALLED[kind]}`,
      `Give ${CALLED[kind]} as ${kind === 'pipeline' ? 'YAML or JSON' : 'JSON'}.`,
    );
  const wrong = CHECKS[kind]?.(inner, value) ?? null;
  if (wrong !== null) return { ...wrong, path: [...base, ...wrong.path] };
  return {
    value: kind === 'capacityProvider' && base.length > 0 ? { capacityProviders: [inner] } : inner,
    base,
    name,
  };
}

function makeMisfit(path: Path, why: string, next: string): Misfit {
  return { path, why, next };
}

function baseOf(kind: DocumentName, value: Json): Path {
  if (kind === 'taskDefinition' && isObject(member(value, 'taskDefinition'))) return ['taskDefinition'];
  if (kind === 'service' && Array.isArray(member(value, 'services'))) return ['services', 0];
  if (kind === 'service' && isObject(member(value, 'service'))) return ['service'];
  if (kind !== 'imageConfig') return [];
  const list: Path = Array.isArray(value) ? [0] : [];
  const image = Array.isArray(value) ? itemsOf(value)[0] : value;
  const inner = ['Config', 'config'].find((key) => isObject(member(image, key)));
  return inner === undefined ? list : [...list, inner];
}

/** The misfit of a CloudFormation or Terraform document: they use other names or capitals than ECS. */
function findOtherCasing(kind: DocumentName, value: Json): Misfit | null {
  const resources = member(value, 'Resources');
  if (isObject(resources) || member(value, 'AWSTemplateFormatVersion') !== undefined)
    return makeMisfit(
      [],
      'this is a CloudFormation template, whose values may depend on its parameters',
      CONVERT,
    );
  const capital = ['Properties', 'ContainerDefinitions', 'Family', 'ServiceName', 'TaskDefinition'].find(
    (key) => member(value, key) !== undefined,
  );
  if (capital !== undefined)
    return makeMisfit(
      [capital],
      `"${capital}" is CloudFormation's spelling; ECS's own names begin with a small letter`,
      kind === 'service'
        ? 'Read it back: aws ecs describe-services --cluster CLUSTER --services NAME > service.json.'
        : CONVERT,
    );
  if (member(value, 'container_definitions') !== undefined)
    return makeMisfit(['container_definitions'], "this is Terraform's spelling", CONVERT);
  if (kind === 'taskDefinition' && Array.isArray(value))
    return makeMisfit(
      [],
      'this is a list of containers without the task definition around them',
      'Write it as {"containerDefinitions": [...]}, or read the registered definition back.',
    );
  return null;
}

type Check = (inner: Json, whole: Json) => Misfit | null;
const CHECKS: Partial<Readonly<Record<DocumentName, Check>>> = {
  taskDefinition: checkDefinition,
  service: (inner, whole) => {
    if (itemsOf(member(whole, 'services')).length > 1)
      return makeMisfit(
        [],
        'it contains several services',
        'Give one: aws ecs describe-services --services NAME.',
      );
    return checkWholeNumber(inner, ['desiredCount']) ?? null;
  },
  pipeline: (inner) =>
    Array.isArray(member(inner, 'steps'))
      ? null
      : makeMisfit(
          [],
          'it has no list of steps',
          "Give the pipeline's own file, which begins with `steps:`.",
        ),
  imageConfig: (inner) =>
    ['Entrypoint', 'Cmd', 'StopSignal', 'Env', 'WorkingDir', 'Labels'].some(
      (key) => member(inner, key) !== undefined,
    )
      ? (checkTexts(inner, ['Entrypoint']) ?? checkTexts(inner, ['Cmd']))
      : makeMisfit(
          [],
          "this is not an image's configuration",
          'Give what `docker image inspect IMAGE` prints.',
        ),
  capacityProvider: (inner) =>
    Array.isArray(member(inner, 'capacityProviders'))
      ? null
      : makeMisfit(
          [],
          'it has no list of capacity providers',
          'Give what `aws ecs describe-capacity-providers` prints.',
        ),
};

function checkDefinition(inner: Json): Misfit | null {
  const containers = member(inner, 'containerDefinitions');
  if (containers === undefined)
    return makeMisfit(
      [],
      'it has no containerDefinitions, so it is not a task definition',
      'Give a file in the format of register-task-definition or describe-task-definition.',
    );
  if (!Array.isArray(containers) || itemsOf(containers).length === 0)
    return makeMisfit(
      ['containerDefinitions'],
      'containerDefinitions must be a list of at least one container',
      'Write it in the format of ECS.',
    );
  for (const [index, container] of itemsOf(containers).entries()) {
    const path = ['containerDefinitions', index];
    if (!isObject(container))
      return makeMisfit(path, 'a container must be an object', 'Write it in the format of ECS.');
    if (typeof member(container, 'name') !== 'string')
      return makeMisfit(path, 'this container has no name', 'Give it a name.');
    const wrong =
      checkWholeNumber(container, ['stopTimeout']) ??
      checkTexts(container, ['entryPoint']) ??
      checkTexts(container, ['command']);
    if (wrong !== null) return { ...wrong, path: [...path, ...wrong.path] };
  }
  return null;
}

function checkWholeNumber(value: Json, path: Path): Misfit | null {
  const found = member(value, String(path[0]));
  if (found === undefined || (typeof found === 'number' && Number.isInteger(found) && found >= 0))
    return null;
  return makeMisfit(
    path,
    `${String(path[0])} must be a whole number, not ${JSON.stringify(found)}`,
    'Write it without quotes.',
  );
}

function checkTexts(value: Json, path: Path): Misfit | null {
  const found = member(value, String(path[0]));
  if (found === undefined || found === null || textsOf(found) !== null) return null;
  return makeMisfit(
    path,
    `${String(path[0])} must be a list of texts, not ${JSON.stringify(found)}`,
    'Write it as ["buildkite-agent", "start"].',
  );
}
