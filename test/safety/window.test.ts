import { describe, expect, it } from 'vitest';
import type { Window } from '../../src/scenario/schema.ts';
import { isInWindow, readLocalTime, window } from '../../src/safety/window.ts';
import { guardAnswer } from '../support/guarded.ts';

const at = (iso: string): number => Date.parse(iso);
function hours(over: Partial<Window> = {}): Window {
  return {
    timeZone: 'Europe/Berlin',
    days: ['mon', 'tue', 'wed', 'thu', 'fri'],
    from: '09:00',
    to: '17:00',
    blackout: [],
    ...over,
  };
}

describe('window', () => {
  it.each<[string, string, boolean]>([
    ['the first minute', '2026-11-24T08:00:00Z', true],
    ['the minute before', '2026-11-24T07:59:59Z', false],
    ['the last minute', '2026-11-24T15:59:59Z', true],
    ['the end', '2026-11-24T16:00:00Z', false],
    ['in summer the same hours come earlier', '2026-07-21T07:00:00Z', true],
    ['in summer the winter hour of the end is over', '2026-07-21T15:30:00Z', false],
    ['the day of the change to winter time', '2026-10-26T08:00:00Z', true],
    ['the hour before, after that change', '2026-10-26T07:30:00Z', false],
    ['the Friday before that change, an hour earlier', '2026-10-23T07:00:00Z', true],
    ['a Saturday', '2026-11-28T10:00:00Z', false],
    ['a Sunday', '2026-11-29T10:00:00Z', false],
  ])('%s', (_title, iso, inside) => {
    expect(isInWindow(hours(), at(iso))).toBe(inside);
  });

  it.each<[string, string, boolean]>([
    ['Friday evening', '2026-11-27T22:00:00Z', true],
    ['Saturday morning belongs to Friday', '2026-11-28T03:00:00Z', true],
    ['its end', '2026-11-28T05:00:00Z', false],
    ['Saturday evening', '2026-11-28T22:00:00Z', false],
    ['Monday morning belongs to Sunday', '2026-11-30T03:00:00Z', false],
    ['noon', '2026-11-24T12:00:00Z', false],
  ])('over midnight: %s', (_title, iso, inside) => {
    expect(isInWindow(hours({ from: '22:00', to: '06:00' }), at(iso))).toBe(inside);
  });

  it('takes one end for both as the whole day', () => {
    expect(isInWindow(hours({ from: '00:00', to: '00:00' }), at('2026-11-24T23:30:00Z'))).toBe(true);
  });

  it('is shut on a blackout date of its own zone', () => {
    const tokyo = hours({ timeZone: 'Asia/Tokyo', from: '00:00', to: '23:59', blackout: ['2026-11-25'] });
    expect(isInWindow(tokyo, at('2026-11-24T14:00:00Z'))).toBe(true);
    expect(isInWindow(tokyo, at('2026-11-24T16:00:00Z'))).toBe(false);
  });

  it('knows the local day across the date line', () => {
    expect(readLocalTime(at('2026-11-24T12:00:00Z'), 'Pacific/Auckland')).toEqual({
      day: 'wed',
      date: '2026-11-25',
      time: '01:00',
    });
    expect(readLocalTime(at('2026-11-24T00:00:00Z'), 'UTC').time).toBe('00:00');
  });

  it.each([
    [null, 'holds'],
    [hours(), 'holds'],
    [hours({ days: ['sun'] }), 'outside-window'],
    [hours({ timeZone: 'Nowhere/Land' }), 'outside-window'],
  ])('as a guard: %j', (wanted, expected) => {
    expect(
      guardAnswer(window, { scenario: { safety: { window: wanted } } }, at('2026-11-24T12:00:00Z')),
    ).toBe(expected);
  });
});
