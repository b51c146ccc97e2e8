import type { FindingData } from '../model/entities/preflight.ts';
import type { Path } from './json.ts';
import type { DocumentName, Edit } from './documents.ts';
import type { Subject } from './subject.ts';

/** `error`: a stop loses the job or the evidence; `warning`: it may; `note`: a property worth knowing, nothing is wrong. */
export type Severity = 'error' | 'warning' | 'note';

/** A problem that a stop would bring to light, found beforehand. */
export interface Finding {
  readonly severity: Severity;
  readonly document: DocumentName;
  /** Path of the value; for a missing value, path of the object that lacks it. */
  readonly path: Path;
  /** What the document says there, in a few words. */
  readonly seen: string;
  readonly why: string;
  /** What to do, in one sentence; `edits` holds the exact change. */
  readonly todo: string;
  /** Empty where no change of these documents fixes it; `todo` then says what does. */
  readonly edits: readonly Edit[];
  /** The edits go as far as the platform allows, which is not enough: the finding stays, and `todo` says what else must change. */
  readonly fallsShort?: true;
  /** A fact that this finding depends on and that is not known, or null. */
  readonly unknown: string | null;
  /** The finding as data, for the causes of a verdict. */
  readonly data?: FindingData;
}

/** The answer of one rule: its findings, and what it could not check. */
export interface Judgement {
  readonly findings: readonly Finding[];
  readonly unknown: readonly string[];
}

/** One check of the definition, made before anything is stopped. */
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

export function judgementOf(...findings: readonly Finding[]): Judgement {
  return { findings, unknown: [] };
}

/** The rule could not be checked: it has no finding, which does not mean that all is well. */
export function notKnown(said: string): Judgement {
  return { findings: [], unknown: [said] };
}
