import type { Agent } from '../../model/entities/agent.ts';
import type { FindingData } from '../../model/entities/preflight.ts';
import { workerOf } from '../../evidence/agent-container.ts';
import type { Evidence, Sighting } from '../../evidence/evidence.ts';
import { OFFLINE, type Documents } from '../../preflight/documents.ts';
import type { Edit } from '../../preflight/documents.ts';
import { judge } from '../../preflight/judge.ts';
import { subjectIn } from '../../preflight/subject-of.ts';
import type { Subject } from '../../preflight/subject.ts';

/** What a rule of preflight finds in what the journal holds. */
export interface Foreseen {
  readonly rule: string;
  readonly seen: string;
  readonly todo: string;
  /** The lines to write, as they appear in the document; null where no change of it fixes this, or preflight kept none. */
  readonly change: string | null;
  /** The event that holds what the rule was asked about. */
  readonly event: number;
  /** The rule's data for the causes; null if the rule gives none, or the journal is older. */
  readonly data: FindingData | null;
}

/** A definition as preflight reads it. */
export interface Look {
  readonly subject: Subject | null;
  readonly foreseen: readonly Foreseen[];
}

/**
 * The rules over the target task's definition as the journal holds it, and what the look before the drill found besides, for
 * it saw more: the pipeline, the image, what our words of a definition leave out.
 */
export function lookAtDefinition(evidence: Evidence): Look {
  const subject = subjectOf(evidence);
  const own = subject === null ? [] : listForeseen(subject.subject, subject.event);
  const before = evidence.last('preflight', 'preflight');
  const recorded = (before?.value.findings ?? [])
    .filter(({ rule }) => !own.some((one) => one.rule === rule))
    .map(({ rule, seen, todo, data = null }) => ({
      ...{ rule, seen, todo, data, change: null },
      event: before?.seq ?? 0,
    }));
  return { subject: subject?.subject ?? null, foreseen: [...own, ...recorded] };
}

function subjectOf(evidence: Evidence): { readonly subject: Subject; readonly event: number } | null {
  const { target } = evidence;
  const worker = workerOf(evidence);
  const task = target === null ? null : evidence.last('task', target.taskArn);
  const definition = task === null ? null : evidence.last('task-definition', task.value.definition);
  if (target === null || worker === null || definition === null) return null;
  const agent = evidence.last('agent', target.agentId);
  const subject = subjectIn(
    {
      ...{ containers: worker.containers, launch: worker.launch, values: [] },
      imageConfig: evidence.plan.scenario.cluster.imageConfig,
      documents: makeUnreadDocuments(definition.value.arn),
      live: { ...OFFLINE, agentVersions: versionsOf(agent) },
    },
    worker.agent.name,
  );
  return subject === null ? null : { subject, event: definition.seq };
}

/** The journal keeps only part of a definition: the rest stays unknown. */
function makeUnreadDocuments(name: string): Documents {
  return {
    taskDefinition: { value: {}, base: [], name },
    ...{
      service: null,
      pipeline: null,
      imageConfig: null,
      capacityProvider: null,
      scenario: null,
      hooks: null,
    },
  };
}

function versionsOf(agent: Sighting<Agent> | null): readonly string[] | null {
  return agent?.value.version == null ? null : [agent.value.version];
}

function listForeseen(subject: Subject, event: number): readonly Foreseen[] {
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
