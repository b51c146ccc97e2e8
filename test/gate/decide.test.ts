import { describe, expect, test } from 'vitest';
import type { Claim } from '../../src/claim/claim.ts';
import type { Asked } from '../../src/claim/judge.ts';
import { decideGate } from '../../src/gate/decide.ts';
import type { Decision, Question } from '../../src/gate/decide.ts';
import type { LedgerDocument } from '../../src/ledger/document.ts';
import { fingerprintOf } from '../../src/ledger/seal.ts';
import type { FingerprintedWorker } from '../../src/worker/fingerprinted.ts';
import { aDocument, LOST_ONE, NOT_TRIED, WORKER } from '../support/ledger-documents.ts';

const claim: Claim = { kind: 'lost-given-stop', limit: 0.05, confidence: 0.95 };
const asked: Asked = { pessimistic: false, jobTime: null, within: null, atLeast: 0, now: Infinity };
const PRINT = fingerprintOf(WORKER);

const many = (count: number, over: Parameters<typeof aDocument>[0] = {}): readonly LedgerDocument[] =>
  Array.from({ length: count }, () => aDocument(over));

function decide(
  documents: readonly LedgerDocument[],
  over: Partial<Question> = {},
  refused: Parameters<typeof decideGate>[1]['refused'] = [],
): Decision {
  const question: Question = { claim, world: 'real', worker: WORKER, asked, stops: null };
  return decideGate({ ...question, ...over }, { documents, refused });
}

const [CONTAINER] = WORKER.containers;
if (CONTAINER === undefined) throw new Error('a worker has a container');
const shortStop: FingerprintedWorker = { ...WORKER, containers: [{ ...CONTAINER, stopTimeout: 60_000 }] };
const newer: FingerprintedWorker = { ...WORKER, agent: { ...WORKER.agent, version: '3.140.0' } };
const unversioned: FingerprintedWorker = { ...WORKER, agent: { ...WORKER.agent, version: null } };

describe('which drills count', () => {
  test('those of this very worker', () => {
    expect(decide(many(62))).toMatchObject({ answer: 'held', fingerprint: PRINT, nearest: null, lacks: [] });
  });

  test('not those of a worker with another stop time-out, which is named with the difference', () => {
    const decision = decide(many(62), { worker: shortStop });
    expect(decision).toMatchObject({ answer: 'not-enough-evidence', lacks: ['62 clean drills are missing'] });
    expect(decision.nearest).toEqual({
      fingerprint: PRINT,
      trials: 62,
      changes: ['stopTimeout of agent 2 min 0 s -> 1 min 0 s'],
    });
  });

  test('the nearest worker is the one that differs least, and of those the one with more trials', () => {
    const documents = [...many(3), ...many(9, { worker: newer })];
    expect(decide(documents, { worker: { ...shortStop, fault: 'scale-in' } }).nearest?.changes).toHaveLength(
      2,
    );
    expect(decide(documents, { worker: { ...WORKER, fault: 'scale-in' } }).nearest?.trials).toBe(3);
    const two = [...many(3, { worker: { ...WORKER, launch: 'ec2' } }), ...many(9, { worker: newer })];
    expect(decide(two, { worker: WORKER }).nearest?.trials).toBe(9);
  });

  test('a refused drill is no trial, and makes no worker near', () => {
    const documents = many(3, { ...NOT_TRIED });
    expect(decide(documents)).toMatchObject({ answer: 'not-enough-evidence', nearest: null });
  });

  test('drills of its service that ended before their worker was known are shown beside', () => {
    const documents = [
      ...many(62),
      ...many(4, { ...NOT_TRIED }),
      ...many(9, { ...NOT_TRIED, service: 'other-agents' }),
    ];
    expect(decide(documents).drills?.counts).toMatchObject({ held: 62, notRun: 4 });
  });
});

describe('a definition does not show the version of its agent', () => {
  test('the only version with drills of the same image is meant, and named', () => {
    const decision = decide(many(62), { worker: unversioned });
    expect(decision).toMatchObject({
      ...{ answer: 'held', fingerprint: PRINT, open: null },
      assumed: ['the agent is version 3.138.0, the only one with drills of this image'],
    });
  });

  test('of several versions none is chosen', () => {
    const decision = decide([...many(62), ...many(62, { worker: newer })], { worker: unversioned });
    expect(decision).toMatchObject({ answer: 'not-enough-evidence', assumed: [] });
    expect(decision.open?.said).toBe(
      'drills of this image show several versions of the agent: 3.138.0, 3.140.0',
    );
    expect(decision.lacks[0]).toBe(decision.open?.said);
  });

  test('without the digest of the image nothing is taken for the same', () => {
    const image = { digest: null, reference: 'team/worker:7' };
    const tagged = { ...unversioned, containers: [{ ...CONTAINER, image }] };
    const decision = decide(many(62), { worker: tagged });
    expect(decision).toMatchObject({ answer: 'not-enough-evidence', assumed: [] });
    expect(decision.nearest?.changes.some((one) => one.includes('(digest not known)'))).toBe(true);
  });
});

describe('documents that cannot be read', () => {
  const refuse = (why: 'cut' | 'changed' | 'forged' | 'newer' | 'misplaced' | 'doubled', key = PRINT) => ({
    ...{ key: `v1/real/${key}/2026-11-24/x.json`, why, said: 'so it is' },
  });

  test.each(['cut', 'changed', 'forged', 'newer'] as const)(
    'one of this worker that is %s may be a loss',
    (why) => {
      const decision = decide(many(62), {}, [refuse(why)]);
      expect(decision.answer).toBe('not-enough-evidence');
      expect(decision.lacks[0]).toBe('1 document of this worker cannot be read, and may tell of losses');
    },
  );

  test("those of other workers, the rig's, and doubled ones are no loss of this one", () => {
    const others = [refuse('cut', 'e'.repeat(64)), refuse('misplaced'), refuse('doubled')];
    expect(decide(many(62), {}, others)).toMatchObject({ answer: 'held', unread: [] });
  });

  test('a worker that is refuted stays refuted', () => {
    expect(decide(many(2, LOST_ONE), {}, [refuse('cut')]).answer).toBe('refuted');
  });
});

describe('a claim on runs', () => {
  const onRuns: Claim = { kind: 'runs-lost', limit: 0.001, confidence: 0.95 };
  const stops = { by: 'statement', share: 0.022 } as const;

  test('both factors are shown', () => {
    const decision = decide(many(83), { claim: onRuns, stops });
    expect(decision).toMatchObject({ answer: 'held', runs: { stops: { upper: 0.022, confidence: 0.975 } } });
    expect(decision.drills?.counts.held).toBe(83);
    expect(decide(many(82), { claim: onRuns, stops }).lacks).toEqual(['1 clean drill is missing']);
  });

  test('a worker that loses too much does not refute it, but will not hold it', () => {
    const decision = decide(many(9, LOST_ONE), { claim: onRuns, stops });
    expect(decision.answer).toBe('not-enough-evidence');
    expect(decision.lacks[0]).toContain('only fewer stops, or a better worker, can hold it');
  });

  test('where hardly a run meets a stop, no drill is needed, nor can one be unreadable', () => {
    const rare = { by: 'statement', share: 0.0005 } as const;
    const cut = { key: `v1/real/${PRINT}/2026-11-24/x.json`, why: 'cut', said: '' } as const;
    expect(decide([], { claim: onRuns, stops: rare }, [cut])).toMatchObject({ answer: 'held', drills: null });
  });
});
