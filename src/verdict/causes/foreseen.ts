import type { Agent } from '../../model/entities/agent.ts';
import type { FindingData } from '../../model/entities/preflight.ts';
import type { ContainerDefinition, Task } from '../../model/entities/task.ts';
import type { Evidence, Sighting } from '../../evidence/evidence.ts';
import { OFFLINE, type Doc, type Documents } from '../../preflight/documents.ts';
import type { Edit } from '../../preflight/edit.ts';
import type { Json, JsonObject } from '../../preflight/json.ts';
import { judge } from '../../preflight/judge.ts';
import { subjectOf } from '../../preflight/subject-of.ts';
import type { Subject } from '../../preflight/subject.ts';

/** What a rule of preflight finds in what the journal holds. */
export interface Foreseen {
  readonly rule: string;
  readonly seen: string;
  readonly todo: string;
  /** The lines to write, as they stand in the document; null where no change of it mends this, or the look kept none. */
  readonly change: string | null;
  /** The event that holds what the rule was asked about. */
  readonly event: number;
  /** What a cause reads of it; null where the rule gives none, or the journal is older. */
  readonly data: FindingData | null;
}

/** A definition as preflight reads it. */
export interface Look {
  readonly subject: Subject | null;
  readonly foreseen: readonly Foreseen[];
}

/**
 * The rules over the struck task's definition as the journal holds it, and what the look before the drill found besides, for
 * it saw more: the pipeline, the image, what our words of a definition leave out.
 */
export function lookBack(evidence: Evidence): Look {
  const subject = subjectIn(evidence);
  const own = subject === null ? [] : ofSubject(subject.subject, subject.event);
  const before = evidence.last('preflight', 'preflight');
  const recorded = (before?.value.findings ?? [])
    .filter(({ rule }) => !own.some((one) => one.rule === rule))
    .map(({ rule, seen, todo, data = null }) => ({
      ...{ rule, seen, todo, data, change: null },
      event: before?.seq ?? 0,
    }));
  return { subject: subject?.subject ?? null, foreseen: [...own, ...recorded] };
}

function subjectIn(evidence: Evidence): { readonly subject: Subject; readonly event: number } | null {
  const { target } = evidence;
  const task = target === null ? null : evidence.last('task', target.taskArn);
  const definition = task === null ? null : evidence.last('task-definition', task.value.definition);
  if (target === null || task === null || definition === null) return null;
  const agent = evidence.last('agent', target.agentId);
  const live = { ...OFFLINE, agentVersions: versionsOf(agent) };
  const documents = documentsOf(definition.value.containers, task.value);
  const subject = subjectOf(documents, live, target.container);
  return 'agent' in subject ? { subject, event: definition.seq } : null;
}

function versionsOf(agent: Sighting<Agent> | null): readonly string[] | null {
  return agent?.value.version == null ? null : [agent.value.version];
}

function ofSubject(subject: Subject, event: number): readonly Foreseen[] {
  return judge(subject).findings.map(({ rule, seen, todo, edits, data = null }) => ({
    ...{ rule, seen, todo, data, event },
    change: changeOf(edits),
  }));
}

/** The lines that the edits write: `"stopTimeout": 120`. */
export function changeOf(edits: readonly Edit[]): string | null {
  const lines = edits.map(({ path, after }) => {
    const name = JSON.stringify(path.findLast((part) => typeof part === 'string') ?? '');
    return after === undefined ? `no \`${name}\`` : `\`${name}: ${JSON.stringify(after)}\``;
  });
  return lines.length === 0 ? null : lines.join(' and ');
}

/** Our words of a definition back in ECS's own; what they leave out stays unknown. */
function documentsOf(containers: readonly ContainerDefinition[], task: Task): Documents {
  const { launchType, capacityProvider } = task;
  const strategy = capacityProvider === null ? {} : { capacityProviderStrategy: [{ capacityProvider }] };
  return {
    taskDefinition: docOf({ containerDefinitions: containers.map(rawOf) }, task.definition),
    service: docOf({ ...(launchType === null ? {} : { launchType }), ...strategy }, 'the task'),
    pipeline: null,
    imageConfig: null,
    capacityProvider: null,
    scenario: null,
  };
}

function docOf(value: JsonObject, name: string): Doc {
  return { value, base: [], name };
}

function rawOf(one: ContainerDefinition): Json {
  return {
    name: one.name,
    essential: one.essential,
    ...(one.image === null ? {} : { image: one.image }),
    ...(one.entryPoint.length === 0 ? {} : { entryPoint: one.entryPoint }),
    ...(one.command.length === 0 ? {} : { command: one.command }),
    environment: Object.entries(one.environment).map(([name, value]) => ({ name, value })),
    ...(one.stopTimeout === null ? {} : { stopTimeout: one.stopTimeout / 1000 }),
    dependsOn: one.dependsOn.map((containerName) => ({ containerName, condition: 'START' })),
    ...(one.initProcess ? { linuxParameters: { initProcessEnabled: true } } : {}),
  };
}
