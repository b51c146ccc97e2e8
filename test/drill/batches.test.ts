import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groupSubjects } from '../../src/drill/batches.ts';
import { keyOf, type Subject } from '../../src/model/world.ts';
import { TASK_ARN } from '../support/builders.ts';

/** A task of the same cluster by its number. */
const taskArn = (n: number): string => TASK_ARN.replace(/\w{32}$/, String(n).padStart(32, '0'));

const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.nat(300).map((n): Subject => ({ kind: 'build', id: `uuid-${String(n)}` })),
  fc.nat(3).map((n): Subject => ({ kind: 'build', id: `acme/canary/${String(n)}` })),
  fc.nat(300).map((n): Subject => ({ kind: 'task', id: taskArn(n) })),
  fc.nat(300).map((n): Subject => ({ kind: 'protection', id: taskArn(n) })),
  fc.nat(5).map((n): Subject => ({ kind: 'agent', id: `agent-${String(n)}` })),
);

it('asks after every subject once, and puts into one request only what it can answer', () => {
  fc.assert(
    fc.property(fc.array(subject, { maxLength: 400 }), (subjects) => {
      const groups = groupSubjects(subjects);
      const asked = groups.flat().map(keyOf);
      expect(asked.toSorted()).toEqual([...new Set(subjects.map(keyOf))].toSorted());
      for (const group of groups) {
        expect(group.length).toBeLessThanOrEqual(100);
        if (group.length === 1) continue;
        expect(new Set(group.map(({ kind }) => kind)).size).toBe(1);
        expect(
          group.every(
            ({ kind, id }) =>
              kind === 'task' || kind === 'protection' || (kind === 'build' && !id.includes('/')),
          ),
        ).toBe(true);
      }
    }),
  );
});

it('puts tasks of two clusters into two requests', () => {
  const other = TASK_ARN.replace('build-prod', 'elsewhere');
  const groups = groupSubjects([TASK_ARN, other, taskArn(2)].map((id) => ({ kind: 'task', id })));
  expect(groups.map((group) => group.length)).toEqual([2, 1]);
});

it('asks alone after what no task can be called: ECS refuses the whole request for its sake', () => {
  const odd = TASK_ARN.replace(/\w{32}$/, 'somebody-wrote-this');
  const groups = groupSubjects([TASK_ARN, odd, taskArn(2)].map((id) => ({ kind: 'task', id })));
  expect(groups.map((group) => group.map(({ id }) => id))).toEqual([[TASK_ARN, taskArn(2)], [odd]]);
});
