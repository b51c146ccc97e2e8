import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import { countedOutcomeOf } from '../verdict/counted.ts';
import type { DrillResult } from '../verdict/result.ts';
import { causeItems } from './cause.ts';
import { createDocumentReporter, type Ending } from './one-document.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { saySinceFirst } from './sections.ts';
import { formatInstant, shortenArn, timeOfDay } from './text.ts';

/** What Buildkite takes as an annotation: https://buildkite.com/docs/agent/cli/reference/annotate. */
const LARGEST_BYTES = 1024 * 1024;

/** Markdown for a ticket, a comment on a pull request, or the summary of a job. */
export function createMarkdownReporter(screen: Screen): Reporter {
  return createDocumentReporter<DrillResult>(screen, {
    take: (result) => result,
    write: (results, ending) => markdownOf(results, ending),
  });
}

/** Drills as Markdown of at most so many bytes: those that did not pass come first, and what has no room is counted. */
export function markdownOf(
  drills: readonly DrillResult[],
  { errors, isCut }: Ending = { errors: [], isCut: false },
  largestBytes = LARGEST_BYTES,
): string {
  const head = [
    ...errors.map(
      ({ at, message, next }) =>
        `**Error:** ${at === null ? '' : `${code(at)}: `}${prose(message)}${next === null ? '' : ` ${prose(next)}`}`,
    ),
    ...(isCut ? ['**A signal ended the run before every drill had begun.**'] : []),
  ];
  const sections = drills.toSorted((a, b) => rank(a) - rank(b)).map(sectionOf);
  return fit([...head, ...(drills.length > 1 ? tableOf(drills) : [])], sections, largestBytes);
}

/** Failed ones first, then those that decided nothing. */
function rank(result: DrillResult): number {
  const { outcome } = countedOutcomeOf(result);
  if (outcome === 'failed' || outcome === 'internal') return 0;
  return result.exitCode === 0 || outcome === 'passed' ? 2 : 1;
}

/** As many whole blocks as there is room for; the last line counts the others. */
function fit(head: readonly string[], sections: readonly string[], largestBytes: number): string {
  const all = [...head, ...sections];
  const whole = `${all.join('\n\n')}\n`;
  if (bytesOf(whole) <= largestBytes) return whole;
  let text = '';
  for (const [index, block] of all.entries()) {
    const more = all.length - index;
    const left = `${String(more)} more ${more === 1 ? 'part is' : 'parts are'} left out: there is no room for more. \`gameday drills report\` gives them all.\n`;
    if (bytesOf(`${text}${block}\n\n${left}`) > largestBytes) return `${text}${left}`.slice(0, largestBytes);
    text += `${block}\n\n`;
  }
  return text;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** One row a drill, or one for all that ended alike. */
function tableOf(drills: readonly DrillResult[]): readonly string[] {
  const rows = new Map<string, number>();
  for (const drill of drills) {
    const row = `| ${cell(prose(verdictOf(drill)))} | ${cell(prose(drill.title))} | ${cell(code(drill.file))}`;
    rows.set(row, (rows.get(row) ?? 0) + 1);
  }
  const lines = [...rows].map(([row, count]) => `${row} | ${String(count)} |`);
  return [['| Verdict | Scenario | File | Drills |', '| --- | --- | --- | ---: |', ...lines].join('\n')];
}

function verdictOf(drill: DrillResult): string {
  const { outcome, reason } = countedOutcomeOf(drill);
  return outcome === reason ? outcome.toUpperCase() : `${outcome.toUpperCase()}: ${reason}`;
}

function sectionOf(drill: DrillResult): string {
  const label = drill.label === null ? '' : ` \\[${prose(drill.label)}\\]`;
  const failed = drill.findings.filter(({ holds }) => holds === 'no' || holds === 'unknown');
  const refusing = drill.guards.filter(({ holds }) => !holds);
  const items = [
    ...refusing.map(({ guard, said }) => `guard ${code(guard)} refuses: ${prose(said)}`),
    ...failed.map(
      ({ check, holds, said }) => `${holds === 'no' ? 'NO' : 'unknown'}: ${code(check)}: ${prose(said)}`,
    ),
  ];
  const parts = [
    `### ${prose(verdictOf(drill))}: ${prose(drill.title)}${label}`,
    prose(drill.said),
    listOf('Checks that do not hold', items),
    listOf(
      'Cause',
      causeItems(drill.cause).map(({ text }) => prose(text)),
    ),
    listOf('What to do', [prose(drill.next), ...drill.commands.map(code)]),
    factsOf(drill),
    timelineOf(drill),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function listOf(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `**${title}**\n\n${items.map((item) => `- ${item}`).join('\n')}`;
}

function factsOf(drill: DrillResult): string {
  const { build, target, agent, service, account } = drill;
  const where = [
    `cluster ${code(drill.cluster)}`,
    ...(service === null ? [] : [`service ${code(service)}`]),
    code(drill.region),
    ...(account === null ? [] : [`account ${code(account)}`]),
  ];
  const took = drill.endedAt === null ? '' : `, ${formatSpan(drill.endedAt - drill.startedAt)}`;
  const rows: readonly (readonly [string, string | null])[] = [
    ['Build', build === null ? null : `${link(`#${String(build.number)}`, build.url)} ${prose(build.state)}`],
    ['Task', target === null ? null : code(shortenArn(target.taskArn))],
    ['Agent', agent === null ? null : code(agent.name)],
    ['Where', where.join(', ')],
    ['When', `${formatInstant(drill.startedAt)}${took}`],
    ['Drill', `${code(drill.drill)}, scenario ${code(drill.file)}, gameday ${code(drill.gameday)}`],
  ];
  const lines = rows.flatMap(([name, value]) => (value === null ? [] : [`| ${name} | ${cell(value)} |`]));
  return ['| | |', '| --- | --- |', ...lines].join('\n');
}

const CLOCK = { runner: 'gameday', buildkite: 'Buildkite', ecs: 'ECS', instance: 'instance', agent: 'agent' };

function timelineOf({ timeline }: DrillResult): string {
  if (timeline.length === 0) return '';
  const rows = timeline.map(
    (moment) =>
      `| ${timeOfDay(moment.at)} | ${saySinceFirst(moment)} | ${cell(prose(moment.said))} | ${CLOCK[moment.clock]} |`,
  );
  return [
    '**Time line** (UTC)\n',
    '| Time | Since | What happened | Whose clock |',
    '| --- | ---: | --- | --- |',
    ...rows,
  ].join('\n');
}

/** Characters with a meaning in Markdown, or in the HTML that it may hold. */
const MEANING = /[\\`*_{}[\]<>|~#&$]/g;

/** Foreign text as Markdown that shows it as it is; what stands in backquotes is shown as code. */
function prose(text: string): string {
  return escapeControls(text)
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : part.replace(MEANING, '\\$&')))
    .join('')
    .replace(/^([-+=])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** Foreign text as code: its fence is longer than any run of backquotes in it. */
function code(text: string): string {
  const shown = escapeControls(text);
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 || shown === '' ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** A table ends its cell at a bar, in code too: https://github.github.com/gfm/#example-200. */
function cell(markdown: string): string {
  return markdown.replace(/(?<!\\)\|/g, '\\|');
}

function link(text: string, url: string): string {
  return /^https?:\/\/[^\s<>()]+$/.test(url) ? `[${prose(text)}](${url})` : prose(`${text} ${url}`);
}
