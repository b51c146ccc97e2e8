import { percent } from '../forecast/notes.ts';
import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import { createPainter } from '../report/paint.ts';
import type { Paint } from '../report/paint.ts';
import type { Screen } from '../report/screen.ts';
import { formatInstant } from '../report/text.ts';
import { tableLines } from '../report/table.ts';
import { clip, wrap } from '../report/width.ts';
import type { LossesDocument, Rated } from './document.ts';
import type { Count, NamedCount } from './tally.ts';

/** The most groups that are printed; `--json` has all. */
const MOST_ROWS = 20;

/** Prints what was counted: the headline, what hid it, the groups, spikes, the change, the limit, and notes. */
export function printLosses(losses: LossesDocument, screen: Screen): void {
  const paint = createPainter(screen.colors);
  const width = Math.max(60, screen.columns());
  const lines = [
    ...headLines(losses, paint),
    ...groupLines(losses),
    ...spikeLines(losses),
    ...changeLines(losses),
    ...limitLines(losses, paint),
    '',
    ...losses.notes.flatMap((note) =>
      wrap(escapeControls(note), width - 4).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`),
    ),
  ];
  for (const line of lines) screen.write(`${line}\n`);
}

function headLines(
  { total, pipelines, organization, period, leftOut }: LossesDocument,
  paint: Paint,
): readonly string[] {
  const { hiddenBy, runs, lost, hidden } = total;
  const where =
    pipelines === null
      ? `all pipelines of ${organization}`
      : pipelines.map((pipeline) => `${organization}/${pipeline}`).join(', ');
  const left = Object.entries(leftOut).map(([why, many]) => `${countOf(many)} ${why}`);
  return [
    paint(
      escapeControls(`Lost job runs of ${where}, in builds created since ${sayTime(period.from)}`),
      'loud',
    ),
    `  job runs                    ${countOf(runs)} in ${countOf(total.builds)} builds${left.length === 0 ? '' : ` (not counted: ${left.join(', ')})`}`,
    paint(`  lost with their agents      ${countOf(lost)}: ${sayRate(total)}`, lost > 0 ? 'bad' : 'good'),
    `  hidden from their builds    ${countOf(hidden)} (${countOf(hiddenBy.retry)} by a retry rule, ${countOf(hiddenBy.person)} by a person's retry, ${countOf(hiddenBy['soft-fail'])} by soft_fail)`,
    `  builds reddened             ${countOf(total.reddened)} (${countOf(total.reddenedByLossAlone)} by losses alone)`,
    `  compute thrown away         ${formatSpan(total.wasted)}`,
    `  retried by people           ${countOf(total.retriedByPeople)}`,
  ];
}

function groupLines({ by }: LossesDocument): readonly string[] {
  if (by === null) return [];
  const { grouping } = by;
  const { groups } = by;
  const shown = grouping === 'day' ? groups : groups.slice(0, MOST_ROWS);
  const more = groups.length - shown.length;
  return [
    '',
    ...tableLines([grouping.replace('-', ' '), 'runs', 'lost', 'hidden', 'rate'], shown.map(groupCells)),
    ...(more === 0 ? [] : [`  ... and ${countOf(more)} more with fewer losses; --json has all`]),
  ];
}

function groupCells(group: Rated<NamedCount>): readonly string[] {
  return [
    clip(escapeControls(group.name), 40),
    countOf(group.runs),
    countOf(group.lost),
    countOf(group.hidden),
    sayRate(group),
  ];
}

function spikeLines({ spikes, deployments }: LossesDocument): readonly string[] {
  if (spikes.length === 0) return [];
  const lost = spikes.reduce((sum, spike) => sum + spike.lost, 0);
  return [
    '',
    `Spikes: ${countOf(lost)} of the losses came within minutes of one another, of several agents (deployments look so)`,
    ...spikes.slice(0, MOST_ROWS).map((spike) => {
      const beside =
        spike.deployment === null
          ? deployments === null
            ? ''
            : ', no deployment that ECS still shows'
          : `, in deployment ${escapeControls(spike.deployment)}`;
      return `  ${sayTime(spike.from)}  ${spike.lost} lost of ${spike.agents} agents within ${formatSpan(spike.to - spike.from)}${beside}`;
    }),
    ...(spikes.length > MOST_ROWS ? [`  ... and ${spikes.length - MOST_ROWS} more; --json has all`] : []),
  ];
}

function changeLines({ change }: LossesDocument): readonly string[] {
  if (change === null) return [];
  const rates = [
    `  before  ${sayRate(change.before)}, ${countOf(change.before.runs)} runs`,
    `  since   ${sayRate(change.since)}, ${countOf(change.since.runs)} runs`,
  ];
  if (change.kind === 'guess')
    return [
      '',
      `The rate probably changed on ${change.day} (a guess: between ${change.from} and ${change.to})`,
      ...rates,
    ];
  const { ratio, low, high, chance } = change;
  const bounds = `between ${sayFactor(low)} and ${high === null ? 'any number of' : sayFactor(high)} times, at 95 %`;
  return [
    '',
    `Before and since ${sayTime(change.at)}`,
    ...rates,
    `  change  ${ratio === null ? '' : `${sayFactor(ratio)} times as many, `}${bounds}; by chance: ${sayChance(chance)}`,
  ];
}

function limitLines({ limit, bounds }: LossesDocument, paint: Paint): readonly string[] {
  if (limit === null) return [];
  const allowed = percent(limit.allowed);
  const range = `it is at least ${percent(bounds.lower)} and at most ${percent(bounds.upper)}, each at 95 %`;
  switch (limit.answer) {
    case 'above':
      return ['', paint(`The rate is above ${allowed}: ${range}.`, 'bad')];
    case 'below':
      return ['', paint(`The rate is below ${allowed}: ${range}.`, 'good')];
    case 'not-enough-evidence':
      return ['', paint(`Whether the rate is below ${allowed}, these runs do not tell: ${range}.`, 'warn')];
  }
}

function sayRate({ rate }: Rated<Count>): string {
  return rate.share === null
    ? 'no runs'
    : `${percent(rate.share)} (${percent(rate.low)} to ${percent(rate.high)})`;
}

/** A minute of UTC. */
function sayTime(at: number): string {
  return `${formatInstant(at).slice(0, 16).replace('T', ' ')} UTC`;
}

function sayFactor(factor: number): string {
  return factor >= 10 ? factor.toFixed(0) : factor.toPrecision(2);
}

function sayChance(chance: number): string {
  return chance < 0.0001 ? 'less than 1 in 10,000' : chance.toPrecision(2);
}

/** `1,234,567`. */
function countOf(many: number): string {
  return String(many).replace(/\B(?=(\d{3})+$)/g, ',');
}
