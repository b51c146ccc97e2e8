import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/scenario/duration.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['0s', 0],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1.5m', 90_000],
    ['1h30m', 5_400_000],
    ['2m500ms', 120_500],
    ['1h1m1s1ms', 3_661_001],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '10',
    's',
    '10 s',
    '-1s',
    '1e3s',
    '1s1m',
    '1m1m',
    '.5s',
    '1.s',
    '10S',
    '1d',
    ' 1s',
    '1s\n',
    '١s',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each(['0s', '1h30m', '2s', '250ms', '1m5s'])('%s comes back as it was', (text) => {
    expect(formatDuration(parseDuration(text) ?? -1)).toBe(text);
  });
});
