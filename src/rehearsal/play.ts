import type { Documents } from '../preflight/documents.ts';
import { OFFLINE } from '../preflight/documents.ts';
import { judge } from '../preflight/judge.ts';
import type { Preflight } from '../preflight/judge.ts';
import { fixDefinition } from '../preflight/fix.ts';
import type { Fixed } from '../preflight/fix.ts';
import type { Subject } from '../preflight/subject.ts';
import { subjectOf } from '../preflight/subject-of.ts';
import { copyOf } from './definition.ts';
import type { Copy, Machine } from './definition.ts';
import { jobOf } from './job.ts';
import type { Job } from './job.ts';
import { makeBuiltInSteps, readOwnSteps } from './pipeline.ts';
import type { Steps, Unfit } from './pipeline.ts';

/** The subject of a rehearsal. */
export interface Asked {
  readonly documents: Documents;
  /** Name of the agent's container. */
  readonly container: string;
  /** Key of the step in the user's own pipeline, if it has several. */
  readonly step: string | undefined;
  /** Milliseconds that the user's step takes, if given. */
  readonly jobLength: number | null;
}

/** The step that is stopped; the same for both definitions, so that their results can be compared. */
export interface Work {
  readonly steps: Steps;
  readonly job: Job;
}

/** One definition, ready for its drills. */
export interface Play {
  readonly container: string;
  readonly launch: string;
  readonly preflight: Preflight;
  /** Milliseconds between signal and SIGKILL of the agent's container, and until SIGKILL of the last container. */
  readonly window: number;
  readonly wholeStop: number;
  /** Whether the stop signal reaches the agent, as far as the definition shows. */
  readonly told: boolean;
  readonly copy: Copy;
}

/** Why a document cannot be rehearsed. */
export type Unplayable = Omit<Unfit, 'document'> & {
  readonly document: 'taskDefinition' | 'pipeline' | 'imageConfig';
};

/** Chooses the step and its length. */
export function workOf(asked: Asked): Work | Unplayable {
  const { documents, jobLength, step } = asked;
  const subject = subjectOfContainer(documents, asked.container);
  const own = documents.pipeline === null ? null : readOwnSteps(documents.pipeline.value, step);
  if (own !== null && 'why' in own) return { ...own, document: 'pipeline' };
  const certain = own?.certain ?? 0;
  if (own !== null && jobLength === null && certain === 0)
    return {
      document: 'pipeline',
      path: ['steps'],
      why: `the length of step ${own.step} is not known, so neither is the moment near its end`,
      next: 'Give its length: --job-length 90s.',
    };
  const window = windowOf(subject);
  const told = mayHearStop(judge(subject));
  const job = jobOf({ window, told, given: jobLength, certain });
  return { steps: own ?? makeBuiltInSteps(job.ms), job };
}

/** Prepares one definition for its drills. */
export function playOf(asked: Asked, work: Work, machine: Machine): Play | Unplayable {
  const subject = withStepLength(subjectOfContainer(asked.documents, asked.container), work);
  const copy = copyOf(subject, machine);
  if ('why' in copy) return { ...copy, document: copy.document ?? 'taskDefinition' };
  const preflight = withoutBuiltInFindings(judge(subject), asked.documents);
  return {
    container: asked.container,
    launch: subject.worker.launch.said,
    preflight,
    window: windowOf(subject),
    wholeStop: subject.worker.stop.ms,
    told: mayHearStop(preflight),
    copy,
  };
}

/** The definition with the advice applied, or null where no advice changes it. */
export function fixAsked({ documents, container }: Asked, work: Work): Fixed | null {
  return fixDefinition(documents, OFFLINE, container, (subject) => withStepLength(subject, work));
}

function subjectOfContainer(documents: Documents, container: string): Subject {
  const subject = subjectOf(documents, OFFLINE, container);
  if ('agent' in subject) return subject;
  throw new Error(`there is no container ${container}`);
}

/** A rehearsed stop is not a spot reclaim: the agent has all of its stopTimeout. */
function windowOf({ worker: { stop } }: Subject): number {
  return stop.agent.killed - stop.agent.signalled;
}

/** Whether the signal reaches the agent: it certainly does not if a shell stays in between. */
function mayHearStop({ findings }: Pick<Preflight, 'findings'>): boolean {
  return !findings.some(({ rule, severity }) => rule === 'shell-form' && severity === 'error');
}

/** The live facts, with the given length of the step. */
function withStepLength(subject: Subject, { steps, job }: Work): Subject {
  if (!job.stated) return subject;
  const seconds = job.ms / 1000;
  const said = { atLeast: seconds, atMost: seconds };
  if (subject.pipeline !== null) {
    const known = subject.pipeline.steps.map((step) =>
      step.keys.includes(steps.step) ? { ...step, ...said } : step,
    );
    return { ...subject, pipeline: { ...subject.pipeline, steps: known } };
  }
  const step = { path: [], value: {}, keys: [steps.step], name: steps.step, ...said };
  return { ...subject, pipeline: { steps: [step], keys: [steps.step], dynamic: false } };
}

/** Without findings on the built-in pipeline, except on the length of its step. */
function withoutBuiltInFindings(preflight: Preflight, { pipeline }: Documents): Preflight {
  if (pipeline !== null) return preflight;
  const findings = preflight.findings.filter(
    ({ document, rule }) => document !== 'pipeline' || rule === 'step-over-window',
  );
  return { ...preflight, findings };
}
