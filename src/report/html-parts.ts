import type { DrillResult } from '../verdict/result.ts';
import { countChecks, sayCause, sayHeld } from './card-words.ts';
import { causeItems } from './cause.ts';
import { cell, details, link, tableOf, text } from './html-text.ts';
import { agentOf, saySinceFirst, sectionsOf } from './sections.ts';
import { formatInstant, shortenArn } from './text.ts';
import { CLOCK } from './time-line.ts';

/** The short end of a drill: verdict, why, the fix to paste, what to do, and where. */
export function cardSection(result: DrillResult, kind: string, verdict: string): string {
  const { build, target, agent, next, exitCode, said } = result;
  const cause = sayCause(result.cause);
  const rows: readonly (readonly [string, string])[] = [
    ...(cause === null ? [] : [['Cause', text(cause.said)] as const]),
    ...(cause === null || cause.fix === null ? [] : [['Fix', fixHtml(cause.fix)] as const]),
    ['What to do', text(next)],
    ['Checks', text(checksText(result))],
    ...(build === null
      ? []
      : [['Build', link(build.url, `#${String(build.number)} (${build.state})`)] as const]),
    ...(target === null ? [] : [['Task', text(shortenArn(target.taskArn))] as const]),
    ...(agent === null ? [] : [['Agent', text(`${agent.name} ${agent.version ?? ''}`.trim())] as const]),
    ['Drill', `<code>${text(result.drill)}</code>`],
  ];
  return [
    `<p class="verdict ${kind}"><b>${text(verdict)}</b> (exit code ${String(exitCode)})</p>`,
    `<p>${text(said)}</p>`,
    '<dl>',
    ...rows.map(([name, html]) => `<dt>${text(name)}</dt><dd>${html}</dd>`),
    '</dl>',
  ].join('\n');
}

function checksText(result: DrillResult): string {
  const checks = countChecks(result);
  if (checks === null) return 'none was asked';
  const { count, failed, unproven } = checks;
  return [
    count,
    ...(failed.length === 0 ? [] : [`failed: ${failed.join(', ')}`]),
    ...(unproven.length === 0 ? [] : [`not proven: ${unproven.join(', ')}`]),
  ].join('; ');
}

/** What stands between backquotes is to be pasted. */
function fixHtml(saves: string): string {
  return saves
    .split('`')
    .map((part, index) => (index % 2 === 1 ? `<code>${text(part)}</code>` : text(part)))
    .join('');
}

export function listSection(items: readonly string[]): string {
  return `<ul>\n${items.map((item) => `<li>${text(item)}</li>`).join('\n')}\n</ul>`;
}

export function causeSection({ cause }: DrillResult, heading: string): readonly string[] {
  if (cause === null) return [];
  const items = causeItems(cause).map((item) => `<li>${fixHtml(item.text.replace(/^\d+\. /, ''))}</li>`);
  return [`<${heading}>Cause</${heading}>`, '<ul>', ...items, '</ul>'];
}

const ANSWER = { yes: 'yes', no: 'NO', unknown: 'not proven', unasked: 'not asked' } as const;
const KIND = { yes: 'good', no: 'bad', unknown: 'warn', unasked: 'quiet' } as const;

/** Each check with its answer, and the numbers of the events of the journal that it rests on. */
export function checksSection({ findings, guards, notes }: DrillResult, heading: string): readonly string[] {
  const asked = findings.filter(({ holds }) => holds !== 'unasked');
  const rows = asked.map(({ check, holds, said, events }) => [
    cell(`<b>${ANSWER[holds]}</b>`, KIND[holds]),
    `<th scope="row">${text(check)}</th>`,
    cell(text(said)),
    cell(text(events.join(', ')), 'number'),
  ]);
  const guardRows = guards.map(({ guard, holds, waits, said }) => [
    cell(`<b>${holds ? 'holds' : waits === true ? 'waits' : 'REFUSES'}</b>`, holds ? 'good' : 'warn'),
    `<th scope="row">${text(guard)}</th>`,
    cell(text(said)),
  ]);
  return [
    `<${heading}>Evidence</${heading}>`,
    asked.length === 0
      ? '<p>No check was asked.</p>'
      : tableOf('What was checked', ['Answer', 'Check', 'What was found', 'Events'], rows),
    ...(notes.length === 0 ? [] : [listSection(notes)]),
    ...(guards.length === 0
      ? []
      : [
          details(
            `Guards: ${sayHeld(guards.filter(({ holds }) => holds).length, guards.length)}`,
            tableOf(
              'What was asked before anything was stopped',
              ['Answer', 'Guard', 'What it said'],
              guardRows,
            ),
          ),
        ]),
  ];
}

export function timelineSection({ timeline }: DrillResult, heading: string): readonly string[] {
  if (timeline.length === 0) return [];
  const rows = timeline.map((moment) => [
    cell(text(saySinceFirst(moment)), 'number'),
    cell(formatInstant(moment.at).replace('T', ' ').replace('Z', ''), 'number'),
    cell(text(moment.said)),
    cell(text(CLOCK[moment.clock])),
    cell(String(moment.event), 'number'),
  ]);
  return [
    `<${heading}>What happened</${heading}>`,
    tableOf(
      'Every moment of the picture, each by the clock it was read from',
      ['Since the first', 'At (UTC)', 'What', 'Whose clock', 'Event'],
      rows,
    ),
  ];
}

/** Where and on what the drill ran, and the rest of its evidence. */
export function environmentSection(result: DrillResult, heading: string): readonly string[] {
  const { rig, fault, target, journal, file } = result;
  const facts: readonly (readonly [string, string | null])[] = [
    ['World', rig === null ? 'the real services' : `a rig: ${rig.executor} executor, ${agentOf(rig)}`],
    ['gameday', result.gameday],
    ['Started (UTC)', formatInstant(result.startedAt)],
    ['Ended (UTC)', result.endedAt === null ? null : formatInstant(result.endedAt)],
    ['Region', result.region],
    ['Account', result.account],
    ['Cluster', result.cluster],
    ['Service', result.service],
    ['Fault', fault],
    ['Task', target?.taskArn ?? null],
    ['Scenario', file],
    ['Journal', journal],
  ];
  const rows = facts
    .filter((fact): fact is readonly [string, string] => fact[1] !== null)
    .map(([name, value]) => [`<th scope="row">${text(name)}</th>`, cell(text(value))]);
  const evidence = sectionsOf(result)
    .filter(({ title }) => title === 'What was done' || title === 'Evidence')
    .flatMap(({ items }) => items.map((item) => item.text));
  return [
    `<${heading}>Environment</${heading}>`,
    tableOf('Where the drill ran', ['What', 'Which'], rows),
    details('What was done, and what else was measured', listSection(evidence)),
  ];
}
