import type { Trouble } from '../model/answer.ts';
import type { DrillEvent } from '../journal/events.ts';

/** One action that AWS denied in a drill, on one resource. */
export interface Denial {
  readonly action: string;
  /** Null if AWS did not name the resource. */
  readonly resource: string | null;
  /** `implicit`: no policy allows the action; `explicit`: a policy denies it; `unknown`: AWS did not say. */
  readonly how: 'implicit' | 'explicit' | 'unknown';
  /** The kind of policy that AWS names, such as `identity-based policy`; null where it names none. */
  readonly by: string | null;
  /** The account, twelve digits, if AWS named a resource or a caller of it. */
  readonly account: string | null;
  /** Numbers of the events with this denial. */
  readonly events: readonly number[];
}

/** Every denial of AWS in a journal: of reads, calls and undos. */
export function denialsIn(journal: readonly DrillEvent[]): readonly Denial[] {
  const found = new Map<string, Denial>();
  for (const event of journal) {
    for (const text of textsOf(event)) {
      const denial = denialOf(text, event.seq);
      if (denial === null) continue;
      const key = JSON.stringify([denial.action, denial.resource, denial.how, denial.by]);
      const events = [...new Set([...(found.get(key)?.events ?? []), event.seq])];
      found.set(key, { ...denial, events });
    }
  }
  return [...found.values()];
}

/** The messages of an event about troubles with a service; preflight reports them as not known. */
function textsOf(event: DrillEvent): readonly string[] {
  switch (event.code) {
    case 'GD_OBSERVED': {
      const { reads, facts } = event.payload;
      const unknown = facts.flatMap((fact) => {
        if (fact.kind === 'preflight') return fact.value.unknown.map(({ said }) => said);
        return fact.kind === 'scaling' && fact.value.unknown !== null ? [fact.value.unknown] : [];
      });
      return [...reads.flatMap(({ error }) => messagesOf(error)), ...unknown];
    }
    case 'GD_FAULT_SENT':
    case 'GD_UNDO_SENT':
      return messagesOf(event.payload.trouble);
    default:
      return [];
  }
}

function messagesOf(trouble: Trouble | null): readonly string[] {
  return trouble === null ? [] : [trouble.message];
}

/**
 * Reads the words of `ecs/failure.ts`, and in them those of AWS (IAM User Guide, "Troubleshoot access denied error
 * messages"): `User: ARN is not authorized to perform: ACTION on resource: ARN because no TYPE allows the ACTION action`, or
 * `with an explicit deny in TYPE`. What AWS does not say stays null.
 */
export function denialOf(text: string, event: number): Denial | null {
  const [, operation, said = ''] = /\bAWS denies ((?:s3:)?\w+)(.*)$/s.exec(text) ?? [];
  if (operation === undefined) return null;
  // S3 puts the resource in quotation marks.
  const resource = /\bon resource: "?([^\s"]+)/.exec(said)?.[1] ?? null;
  const implicit = /\bbecause no (.+?) allows\b/.exec(said)?.[1];
  const explicit = /\bwith an explicit deny(?: in (?:an? |the )?([a-z][a-z -]*[a-z]))?/i.exec(said);
  const caller = /\bUser: (\S+)/.exec(said)?.[1] ?? null;
  return {
    action:
      /\bto perform: (\w[\w-]*:\w+)/.exec(said)?.[1] ??
      (operation.startsWith('s3:') ? operation : `ecs:${operation}`),
    resource,
    how: explicit !== null ? 'explicit' : implicit !== undefined ? 'implicit' : 'unknown',
    by: explicit?.[1] ?? implicit ?? null,
    account: accountIn(resource) ?? accountIn(caller),
    events: [event],
  };
}

function accountIn(arn: string | null): string | null {
  return /^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):/.exec(arn ?? '')?.[1] ?? null;
}

/** The account of a drill: from a denial of AWS, else from the ARN of its cluster or a task; null where there is neither. */
export function accountOfDrill(journal: readonly DrillEvent[], denials: readonly Denial[]): string | null {
  const arns = journal
    .flatMap((event) => (event.code === 'GD_OBSERVED' ? event.payload.facts : []))
    .map((fact) => (fact.kind === 'cluster' ? fact.value.arn : fact.kind === 'task' ? fact.value.arn : null));
  return (
    [...denials.map(({ account }) => account), ...arns.map(accountIn)].find((one) => one !== null) ?? null
  );
}
