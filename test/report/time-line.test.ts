import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lane } from '../../src/model/lane.ts';
import { TIME_LINE_WIDTH } from '../../src/report/time-line.ts';
import { labelsOf, sayWhatToSee, timeLineSvg } from '../../src/report/time-line-svg.ts';
import type { Label } from '../../src/report/time-line.ts';
import { drainedResult, lostResult } from './results.ts';

function boxOf({ x, y, width, size }: Label) {
  return { left: x, right: x + width, top: y - size * 0.8, bottom: y + size * 0.2 };
}

/** Pairs of labels that cover a part of each other. */
function listOverlaps(labels: readonly Label[]): readonly string[] {
  const boxes = labels.map((label) => ({ text: label.text, ...boxOf(label) }));
  return boxes.flatMap((a, index) =>
    boxes
      .slice(index + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `${a.text} | ${b.text}`),
  );
}

/** From nothing to days, and often near to each other. */
const instant = fc.oneof(fc.nat(50), fc.nat(3_000), fc.nat(400_000), fc.nat(200_000_000));
const mark = fc.record({
  sign: fc.constantFrom('call', 'start', 'signal', 'kill', 'exit', 'lost', 'left', 'passed', 'stopped'),
  at: instant,
  clock: fc.constantFrom('runner', 'buildkite', 'ecs', 'instance', 'agent'),
  atLatest: fc.boolean(),
  said: fc.string({ maxLength: 90, unit: 'binary' }),
}) as fc.Arbitrary<Lane['marks'][number]>;
const lane = fc.record({
  of: fc.constantFrom('gameday', 'job', 'agent', 'container', 'task'),
  name: fc.string({ minLength: 1, maxLength: 80, unit: 'binary' }),
  spans: fc.array(
    fc.record({
      how: fc.constantFrom('running', 'stopping', 'silent'),
      from: fc.option(instant),
      to: fc.option(instant),
    }),
    { maxLength: 3 },
  ),
  marks: fc.array(mark, { maxLength: 6 }).map((marks) => marks.toSorted((a, b) => a.at - b.at)),
}) as fc.Arbitrary<Lane>;
const deadline = fc.record({
  of: fc.constantFrom('stop-timeout', 'spot-limit'),
  at: instant,
  said: fc.constant('stopTimeout 30.0 s: SIGKILL'),
}) as fc.Arbitrary<ReturnType<typeof lostResult>['deadlines'][number]>;

describe('a time line', () => {
  it('has no label that covers another one or leaves the picture, whatever the durations', () => {
    fc.assert(
      fc.property(
        fc.array(lane, { maxLength: 8 }),
        fc.array(deadline, { maxLength: 2 }),
        fc.string({ maxLength: 200, unit: 'binary' }),
        (lanes, deadlines, title) => {
          const labels = labelsOf(lostResult({ lanes, deadlines, title }));
          expect(listOverlaps(labels)).toEqual([]);
          const outside = labels.filter(
            (one) => one.x < 0 || boxOf(one).right > TIME_LINE_WIDTH || one.y < 0,
          );
          expect(outside).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('leaves out the last time of the axis where it would cover the one before', () => {
    const call = (at: number): Lane => ({
      ...{ of: 'gameday', name: 'gameday', spans: [] },
      marks: [{ sign: 'call', at, clock: 'runner', atLatest: false, said: '' }],
    });
    expect(
      listOverlaps(labelsOf(lostResult({ lanes: [call(131_282_652), call(139_840_915)], deadlines: [] }))),
    ).toEqual([]);
  });

  it('says what to see', () => {
    expect(sayWhatToSee(lostResult())).toBe(
      'SIGKILL came 3.0 s after SIGTERM. For 3.4 s more Buildkite showed a job that no longer ran.',
    );
    expect(sayWhatToSee(drainedResult())).toBe(
      'After SIGTERM the job went on for 3.6 s and passed, 16.4 s before SIGKILL would have come.',
    );
    expect(sayWhatToSee(lostResult({ lanes: [], deadlines: [] }))).toContain('no time line');
  });

  it('says in words what it shows, and marks each instant with its clock', () => {
    const svg = timeLineSvg([lostResult()]);
    expect(svg).toMatch(/^<svg [^>]*role="img"/);
    expect(svg).toContain(
      '<title>FAILED: lost (exit code 10)  A shell eats SIGTERM and the step is lost [rig]</title>',
    );
    expect(svg).toContain('<desc>SIGKILL came 3.0 s after SIGTERM.');
    expect(svg).toContain('<title>container agent: SIGKILL, exit 137 (by ECS&#39;s clock), +6.4 s</title>');
    expect(svg).toContain('by Buildkite&#39;s clock');
    expect(svg).toContain('stopTimeout 3.0 s: SIGKILL +6.5 s');
  });

  it('tells a deadline far beyond the end in words, so that the rest stays readable', () => {
    const texts = labelsOf(drainedResult()).map(({ text }) => text);
    expect(texts).toContain('stopTimeout 20.0 s: SIGKILL at +23.4 s, beyond the end →');
  });

  it('enlarges the end where it is short against the whole', () => {
    const { lanes } = drainedResult();
    const long = lanes.map((one) => ({
      ...one,
      spans: one.spans.map((span) => ({
        ...span,
        to: span.to === null || span.to < 7_000 ? span.to : span.to + 60_000,
      })),
      marks: one.marks.map((mark) => ({ ...mark, at: mark.at < 7_000 ? mark.at : mark.at + 60_000 })),
    }));
    const texts = labelsOf(drainedResult({ lanes: long })).map(({ text }) => text);
    expect(texts).toContain('The end, enlarged: 600 ms from +1 min 7 s on');
    expect(texts).toContain('D disconnected +500 ms');
  });

  it('carries no markup and no control character of a foreign name', () => {
    const foreign = '</text><script>alert(1)</script>\u001b[31m\u202e';
    const [first, ...rest] = lostResult().lanes;
    const svg = timeLineSvg([lostResult({ title: foreign, lanes: [{ ...first!, name: foreign }, ...rest] })]);
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u001b');
    expect(svg).not.toContain('\u202e');
  });

  it('shows the time lines of several drills one below the other', () => {
    const height = (svg: string): number => Number(/ height="(\d+)"/.exec(svg)?.[1]);
    const [one, two] = [timeLineSvg([lostResult()]), timeLineSvg([lostResult(), drainedResult()])];
    expect(height(two)).toBeGreaterThan(height(one) * 1.7);
    expect(two.split('role="img"')).toHaveLength(2);
  });
});
