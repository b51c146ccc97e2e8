import { editDocument } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { judgementOf, notKnown } from '../finding.ts';
import { member, numberOf, valueAt } from '../json.ts';
import type { Json } from '../json.ts';
import type { Container, Subject } from '../subject.ts';

/** Largest share of the task's memory that its containers may be promised, 0 to 1. */
const SHARE = 0.95;

/** A worker that runs out of memory ends with the same exit code as one that was killed at its stop. */
export const memoryTight: Rule = {
  id: 'memory-tight',
  rule: "The containers are not promised all of the task's memory.",
  severities: ['warning'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (memory: the container is killed when it exceeds it)',
  ],
  judge(subject) {
    const { documents, agent, sidecars } = subject;
    const whole = readMebibytes(valueAt(documents.taskDefinition.value, ['memory']));
    const promised = [agent, ...sidecars].reduce((sum, one) => sum + promisedMemoryOf(one), 0);
    if (whole === null) return notKnown("the task's memory: the definition does not set it");
    if (promised === 0 || promised <= whole * SHARE)
      return notKnown('how much memory the jobs use: the definition does not show it');
    const wanted = roundUpMemory(subject, promised / SHARE);
    return judgementOf({
      severity: 'warning',
      document: 'taskDefinition',
      path: ['memory'],
      seen: `the containers are promised ${String(promised)} of the task's ${String(whole)} MiB`,
      why: "If a job needs more, its container ends with exit code 137, as after a kill at stopTimeout. Only the container's reason (OutOfMemoryError) tells the two apart, and a drill that ends in this way proves nothing.",
      todo: `Give the task ${String(wanted)} MiB, or promise less.`,
      edits: [
        editDocument(
          documents,
          'taskDefinition',
          ['memory'],
          typeof valueAt(documents.taskDefinition.value, ['memory']) === 'number' ? wanted : String(wanted),
        ),
      ],
      unknown: 'how much the jobs use, and whether Fargate offers that much memory with this cpu',
    });
  },
};

/** The hard limit of a container, else its reservation; MiB. */
function promisedMemoryOf({ value }: Container): number {
  return numberOf(member(value, 'memory')) ?? numberOf(member(value, 'memoryReservation')) ?? 0;
}

/** A memory value in MiB; `2 GB` and `2048` are both allowed. */
function readMebibytes(value: Json | undefined): number | null {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*(gb)?\s*$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  return Number(digits) * (unit === undefined ? 1 : 1024);
}

/** Rounded up to whole GiB: every Fargate size from 1 vCPU on is a whole number of GiB. */
function roundUpMemory({ worker: { launch } }: Subject, least: number): number {
  const step = launch.kind === 'fargate' ? 1024 : 128;
  return Math.ceil(least / step) * step;
}
