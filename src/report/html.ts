import { stringify } from 'yaml';
import { toJson } from '../journal/escape.ts';
import type { DrillEvent } from '../journal/events.ts';
import type { DrillResult } from '../verdict/result.ts';
import {
  cardSection,
  causeSection,
  checksSection,
  environmentSection,
  listSection,
  timelineSection,
} from './html-parts.ts';
import { STYLE } from './html-style.ts';
import { cell, details, link, tableOf, text } from './html-text.ts';
import { createDocumentReporter, type DocumentMaker } from './one-document.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { formatInstant } from './text.ts';
import { sayWhatToSee, timeLineSvg } from './time-line-svg.ts';

/** A page for a browser, a ticket or a printer. */
export function createHtmlReporter(screen: Screen): Reporter {
  return createDocumentReporter(screen, HTML);
}

const HTML: DocumentMaker<HtmlCase> = {
  take: (result, journal) => ({ result, scenario: findScenario(journal) }),
  write: (cases, { errors, isCut }) =>
    htmlPage(cases, [
      ...errors.map(({ at, message }) => `${at === null ? '' : `${at}: `}${message}`),
      ...(isCut ? ['A signal ended the run before every drill had begun.'] : []),
    ]),
};

function findScenario([first]: readonly DrillEvent[]): object {
  return first?.code === 'GD_DRILL_PLANNED' ? first.payload.plan.scenario : {};
}

/** What the page shows of one drill. */
interface HtmlCase {
  readonly result: DrillResult;
  /** The scenario of its plan. */
  readonly scenario: object;
}

/** Beyond so many drills only those that did not pass are shown whole: a page of 500 is to open at once. */
const WHOLE = 60;

/**
 * One file that needs no script, no style and no other file: headings, tables and details read well without any of them, as
 * servers such as Jenkins drop both.
 */
export function htmlPage(cases: readonly HtmlCase[], errors: readonly string[] = []): string {
  const results = cases.map(({ result }) => result);
  const shown =
    cases.length <= WHOLE ? cases : cases.filter(({ result }) => result.exitCode !== 0).slice(0, 2 * WHOLE);
  const ids = new Set(shown.map(({ result }) => result.drill));
  const [only] = results;
  const title =
    results.length === 1 && only !== undefined
      ? `${verdictOf(only)}: ${only.title}`
      : `${String(results.length)} drills: ${countOutcomes(results)}`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${text(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    ...(results.length === 1 ? [] : [`<h1>${text(title)}</h1>`, ...overview(results, ids)]),
    ...(errors.length === 0 ? [] : ['<h2>Errors</h2>', listSection(errors)]),
    ...shown.map((one) => drillArticle(one, results.length === 1 ? 1 : 2)),
    '</main>',
    `<template id="gameday-results">${templateJson(shown.map(({ result }) => result))}</template>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function verdictOf({ outcome, reason }: DrillResult): string {
  return `${outcome.toUpperCase()}${reason === outcome ? '' : `: ${reason}`}`;
}

function countOutcomes(results: readonly DrillResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${String(count)} ${outcome}`).join(', ');
}

function overview(results: readonly DrillResult[], ids: ReadonlySet<string>): readonly string[] {
  if (results.length === 0) return ['<p>No drill was run.</p>'];
  const rows = results.map((result) => [
    cell(`<b>${text(verdictOf(result))}</b>`, outcomeClass(result)),
    cell(ids.has(result.drill) ? link(`#${anchorOf(result)}`, result.title) : text(result.title)),
    cell(text(placeOf(result))),
    cell(whenOf(result), 'number'),
  ]);
  const left = results.length - ids.size;
  return [
    '<nav aria-label="Drills">',
    '<h2>All drills</h2>',
    ...(left === 0
      ? []
      : [
          `<p>${String(left)} of them are told in this table alone: all are too many for one page. <code>gameday drills report DRILL --reporter html=FILE</code> makes the page of one.</p>`,
        ]),
    tableOf(
      'Every drill, its verdict, and where and when it ran',
      ['Verdict', 'Drill', 'Where', 'When (UTC)'],
      rows,
    ),
    '</nav>',
    ...nights(results, ids),
  ];
}

/** Days by services, where there is more than one day or service. */
function nights(results: readonly DrillResult[], ids: ReadonlySet<string>): readonly string[] {
  const days = [...new Set(results.map(dayOf))].toSorted();
  const places = [...new Set(results.map(placeOf))].toSorted();
  if (days.length < 2 && places.length < 2) return [];
  const rows = days.map((day) => [
    `<th scope="row">${text(day)}</th>`,
    ...places.map((place) => {
      const here = results.filter((result) => dayOf(result) === day && placeOf(result) === place);
      const marks = here.map((result) =>
        ids.has(result.drill) ? link(`#${anchorOf(result)}`, verdictOf(result)) : text(verdictOf(result)),
      );
      return cell(marks.length > MOST_MARKS ? text(countOutcomes(here)) : marks.join('<br>') || '-');
    }),
  ]);
  return [
    '<h2>Days and services</h2>',
    tableOf('The verdicts of each day, by service', ['Day', ...places], rows),
  ];
}

/** More verdicts than these in one cell are counted. */
const MOST_MARKS = 4;

function dayOf(result: DrillResult): string {
  return formatInstant(result.startedAt).slice(0, 10);
}

function whenOf(result: DrillResult): string {
  return formatInstant(result.startedAt).slice(0, 16).replace('T', ' ');
}

function placeOf({ cluster, service }: DrillResult): string {
  return service === null ? cluster : `${cluster}/${service}`;
}

function anchorOf({ drill }: DrillResult): string {
  return `drill-${drill.replace(/[^A-Za-z0-9-]/g, '-')}`;
}

function outcomeClass({ outcome }: DrillResult): string {
  return outcome === 'passed' ? 'good' : outcome === 'failed' || outcome === 'internal' ? 'bad' : 'warn';
}

function drillArticle({ result, scenario }: HtmlCase, level: number): string {
  const h = `h${String(level)}`;
  const below = `h${String(level + 1)}`;
  const label = result.label === null ? '' : ` [${result.label}]`;
  return [
    `<article id="${anchorOf(result)}">`,
    `<${h}>${text(`${result.title}${label}`)}</${h}>`,
    cardSection(result, outcomeClass(result), verdictOf(result)),
    ...(result.lanes.length === 0
      ? []
      : [
          `<figure>${timeLineSvg([result], true)}<figcaption>${text(sayWhatToSee(result))} The table below says the same in words.</figcaption></figure>`,
        ]),
    ...causeSection(result, below),
    ...checksSection(result, below),
    ...timelineSection(result, below),
    ...environmentSection(result, below),
    details('Scenario', `<pre><code>${scenarioHtml(scenario)}</code></pre>`),
    '</article>',
  ].join('\n');
}

const ORDER = ['version', 'title', 'build', 'cluster', 'when', 'inject', 'expect', 'limits', 'safety'];

/** The scenario as YAML, without what nobody set, and in one order whoever read it. */
function scenarioHtml(scenario: object): string {
  const set = JSON.parse(JSON.stringify(scenario, (_, value: unknown) => value ?? undefined)) as object;
  const keys = Object.keys(set).toSorted((a, b) => rankKey(a) - rankKey(b) || (a < b ? -1 : 1));
  const parts = keys.map((key) =>
    stringify({ [key]: set[key as keyof typeof set] }, { lineWidth: 100, sortMapEntries: true }),
  );
  return parts.join('').trimEnd().split('\n').map(text).join('\n');
}

function rankKey(key: string): number {
  return ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length;
}

/** JSON inside a template: no character of it can end the element. */
function templateJson(value: unknown): string {
  return toJson(value).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}
