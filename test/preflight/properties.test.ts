import fc from 'fast-check';
import { expect, test } from 'vitest';
import { valueAt } from '../../src/preflight/json.ts';
import { applyEdits, judge } from '../../src/preflight/judge.ts';
import { RULES } from '../../src/preflight/list.ts';
import { subjectOf } from '../../src/preflight/subject-of.ts';
import { OFFLINE } from '../../src/preflight/documents.ts';
import type { Documents } from '../../src/preflight/documents.ts';
import type { Subject } from '../../src/preflight/subject.ts';
import '../support/seed.ts';
import { bundle } from './bundles.ts';
import { documentsOf, lookAt } from './fixtures.ts';

function subjectAt(documents: Documents): Subject {
  const subject = subjectOf(documents, OFFLINE, 'agent');
  if ('agent' in subject) return subject;
  throw new Error('no agent');
}

/** Which rules have no change of the documents to propose, in some case or another; each says what to do instead. */
const BY_HAND = ['fargate-ceiling', 'retry-masks-loss', 'scale-in-protection', 'own-task-in-cluster'];

test('whatever the definition, who takes the advice of a rule is rid of what the rule found', () => {
  fc.assert(
    fc.property(bundle, (given) => {
      const documents = documentsOf(given);
      const before = subjectAt(documents);
      for (const rule of RULES) {
        const own = rule.judge(before).findings;
        const edits = own.flatMap((one) => one.edits);
        if (BY_HAND.includes(rule.id)) expect(edits).toEqual([]);
        if (own.length === 0 || own.some((one) => one.edits.length === 0 || one.fallsShort)) continue;
        const after = rule.judge(subjectAt(applyEdits(documents, edits))).findings;
        if (after.length > 0)
          expect({ rule: rule.id, edits, after }).toEqual({ rule: rule.id, edits, after: [] });
      }
    }),
    { numRuns: 200 },
  );
});

test('a finding points at what is there, an edit says what it replaces, and every finding says what to do', () => {
  fc.assert(
    fc.property(bundle, (given) => {
      const documents = documentsOf(given);
      for (const finding of lookAt(documents).findings) {
        expect(valueAt(documents[finding.document]?.value, finding.path)).toBeDefined();
        expect(finding.todo).not.toBe('');
        for (const { document, path, before, after } of finding.edits) {
          expect(valueAt(documents[document]?.value, path)).toEqual(before);
          expect(after).not.toEqual(before);
        }
      }
    }),
    { numRuns: 300 },
  );
});

const junk = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, -1, 1e9, '', 'sh', '-c', 'FARGATE'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        'name',
        'command',
        'entryPoint',
        'dependsOn',
        'steps',
        'retry',
        'automatic',
        'memory',
        'healthCheck',
        'environment',
        'autoScalingGroupProvider',
        '__proto__',
      ),
      tie('json'),
      { maxKeys: 4 },
    ),
  ),
})).json;

test('no shape of a document makes a rule throw', () => {
  const object = fc.dictionary(
    fc.constantFrom('containerDefinitions', 'steps', 'capacityProviders', 'memory', 'Env', 'desiredCount'),
    junk,
  );
  fc.assert(
    fc.property(
      object,
      object,
      object,
      fc.array(junk, { maxLength: 2 }),
      (service, pipeline, imageConfig, extra) => {
        const agent = {
          name: 'agent',
          ...(typeof extra[0] === 'object' && !Array.isArray(extra[0]) ? extra[0] : {}),
        };
        const given = {
          taskDefinition: { containerDefinitions: [agent, ...extra] },
          service,
          pipeline,
          imageConfig,
          capacityProvider: service,
        };
        const subject = subjectOf(documentsOf(given as never), OFFLINE, 'agent');
        if ('agent' in subject) expect(judge(subject).container).toBe('agent');
      },
    ),
    { numRuns: 200 },
  );
});
