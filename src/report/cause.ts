import type { DrillResult } from '../verdict/result.ts';
import { makeItem, sayEvents, type Item } from './paint.ts';

type Cause = NonNullable<DrillResult['cause']>;
type Ranked = Cause['ranked'][number];

/** The one cause that explains no failure: a retry that did not catch it (see its schema). */
const BACKSTOP: Ranked['name'] = 'retry-missed';

/** The causes of a failure, the surest first; the moments behind them, what would have saved the build, and an experiment. */
export function causeItems(cause: DrillResult['cause']): readonly Item[] {
  if (cause === null) return [];
  const ranked = cause.ranked.map((one, index) =>
    makeItem(`${String(index + 1)}. ${causeLine(one)}${sayEvents(one.events)}`, 'plain', 3),
  );
  return [
    ...(ranked.length === 0 ? [makeItem('The evidence supports no cause.', 'warn')] : ranked),
    ...momentItems(cause),
    ...savesItems(cause),
    ...experimentItems(cause),
  ];
}

/** One cause as a line: name, weight and text. */
export function causeLine({ name, weight, said }: Ranked): string {
  return `${name} (${weight}): ${said}`;
}

/** `+0.0 s stop requested, +0.1 s SIGTERM, ...`. Each is on its own clock, which the timeline above names. */
function momentItems({ moments }: Cause): readonly Item[] {
  if (moments.length === 0 || moments.some(({ after }) => after === null)) return [];
  const told = moments.map(({ after, said }) => sayMoment(after ?? 0, said)).join(', ');
  const missing = moments.some(({ moment }) => moment === 'job end')
    ? ''
    : '; the job was not seen to end by itself';
  return [makeItem(`From the stop: ${told}${missing}`)];
}

function sayMoment(ms: number, said: string): string {
  const length = `${(Math.abs(ms) / 1000).toFixed(1)} s`;
  return ms < 0 ? `${said} ${length} before it` : `+${length} ${said}`;
}

/** What would have saved the build, for each cause that the evidence cannot tell from the first. */
function savesItems(cause: Cause): readonly Item[] {
  const own = pickEquals(cause);
  const backstop = cause.ranked.find(({ name }) => name === BACKSTOP);
  return [
    ...own.map(({ name, saves }) =>
      makeItem(
        `What would have saved this build${own.length > 1 ? `, if it is ${name}` : ''}: ${saves}`,
        'good',
      ),
    ),
    ...(backstop === undefined ? [] : [makeItem(`As a backstop: ${backstop.saves}`, 'good')]),
  ];
}

/** The first cause; where it is undecided, all causes of the same weight. */
export function pickEquals({ ranked, decided }: Cause): readonly Ranked[] {
  const own = ranked.filter(({ name }) => name !== BACKSTOP);
  return decided ? own.slice(0, 1) : own.filter(({ weight }) => weight === own[0]?.weight);
}

function experimentItems(cause: Cause): readonly Item[] {
  const [first] = cause.ranked;
  if (cause.decided) return first?.experiment == null ? [] : [makeItem(`To prove it: ${first.experiment}.`)];
  const names = pickEquals(cause).map(({ name }) => name);
  const between =
    names.length > 1
      ? ` between ${names.join(' and ')}`
      : names.length === 1
        ? `: ${names.join()} is possible, but not certain`
        : '';
  return [
    makeItem(
      `The evidence does not decide${between}. One experiment would: ${cause.experiment ?? ''}.`,
      'warn',
    ),
  ];
}
