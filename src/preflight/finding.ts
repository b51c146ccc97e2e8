import type { FindingData } from '../model/entities/preflight.ts';
import type { Path } from './json.ts';
import type { DocumentName, Edit } from './documents.ts';
import type { Subject } from './subject.ts';

/** `error`: a stop loses the job or its proof; `warning`: it may; `note`: true of it, and nothing is wrong. */
export type Severity = 'error' | 'warning' | 'note';

/** Something a stop would bring to light, seen beforehand. */
export interface Finding {
  readonly severity: Severity;
  readonly document: DocumentName;
  /** The nearest value that exists: for something that is missing, what lacks it. */
  readonly path: Path;
  /** What was seen there, in a few words. */
  readonly seen: string;
  readonly why: string;
  /** What to do, as one sentence; the edits are its exact form. */
  readonly todo: string;
  /** Empty where no change of these documents mends it; `todo` then says what does. */
  readonly edits: readonly Edit[];
  /** What this finding rests on and nobody could see, or null. */
  readonly unknown: string | null;
  /** What a cause reads of it. */
  readonly data?: FindingData;
}

/** What one rule says: what it found, and what it could not look at. */
export interface Judgement {
  readonly findings: readonly Finding[];
  readonly unknown: readonly string[];
}

/** One thing that a look at the definition tells before anything is stopped. */
export interface Rule {
  readonly id: string;
  /** The rule in one sentence, for the reference. */
  readonly rule: string;
  /** How bad it can be, worst first. */
  readonly severities: readonly Severity[];
  /** Address and section that the rule rests on. */
  readonly sources: readonly string[];
  judge(subject: Subject): Judgement;
}

export const CLEAN: Judgement = { findings: [], unknown: [] };

export function found(...findings: readonly Finding[]): Judgement {
  return { findings, unknown: [] };
}

/** The rule could not be asked: nothing was found, and nothing is known to be well. */
export function notKnown(said: string): Judgement {
  return { findings: [], unknown: [said] };
}
