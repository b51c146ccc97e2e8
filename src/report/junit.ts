import { escapeControls } from '../journal/escape.ts';
import type { DrillResult } from '../verdict/result.ts';
import { casesOfEnding, describeCase, judgeCase, measureCase, nameCases, type Kind } from './cases.ts';
import { createDocumentReporter, type DocumentMaker, type Ending } from './one-document.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { formatInstant } from './text.ts';

/**
 * JUnit's XML, as Jenkins, GitLab and Buildkite Test Engine read it. A drill is one test case in a suite of its own, so that
 * a reader counts it once: its checks stand in the text of the case.
 */
export function createJunitReporter(screen: Screen): Reporter {
  return createDocumentReporter(screen, JUNIT);
}

/** What JUnit says of one drill. */
interface Case {
  readonly result: DrillResult;
  readonly took: number;
}

const JUNIT: DocumentMaker<Case> = {
  take: (result, journal) => ({ result, took: measureCase(result, journal) }),
  write(cases, ending) {
    const names = nameCases(cases.map(({ result }) => result));
    const suites = [...cases.map((one, index) => suiteOf(one, names[index] ?? '')), ...suiteOfEnding(ending)];
    const all = suites.map(({ kind }) => kind);
    const took = cases.reduce((sum, one) => sum + one.took, 0);
    const head = `<testsuites name="gameday"${countsOf(all)} time="${seconds(took)}">`;
    return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${suites.map(({ xml }) => xml).join('')}</testsuites>\n`;
  },
};

interface Suite {
  readonly kind: Kind;
  readonly xml: string;
}

function suiteOf({ result, took }: Case, name: string): Suite {
  const { kind, reason, message } = judgeCase(result);
  const time = `time="${seconds(took)}"`;
  const stamp = formatInstant(result.startedAt).replace(/\.\d+Z$/, '');
  const body = describeCase(result);
  const inside =
    kind === 'passed'
      ? `<system-out>${cdata(`${message}\n\n${body}`)}</system-out>`
      : kind === 'skipped'
        ? `<skipped message="${attribute(message)}"/>`
        : `<${kind} type="${attribute(reason)}" message="${attribute(message)}">${cdata(body)}</${kind}>`;
  const xml = [
    `  <testsuite name="${attribute(result.file)}"${countsOf([kind])} ${time} timestamp="${stamp}">`,
    `    <properties>`,
    ...propertiesOf(result).map(
      ([key, value]) => `      <property name="${key}" value="${attribute(value)}"/>`,
    ),
    `    </properties>`,
    `    <testcase classname="${attribute(classOf(result))}" name="${attribute(name)}" file="${attribute(result.file)}" ${time}>`,
    `      ${inside}`,
    `    </testcase>`,
    `  </testsuite>`,
  ];
  return { kind, xml: `${xml.join('\n')}\n` };
}

/** Readers take what stands before the last dot for a package. */
function classOf({ file }: DrillResult): string {
  return `gameday.${file.replace(/\.ya?ml$/, '').replaceAll('.', '_')}`;
}

/** What kept the command from running drills, as a case that is no drill's. */
function suiteOfEnding(ending: Ending): readonly Suite[] {
  return casesOfEnding(ending).map(({ name, reason, message, next }) => ({
    kind: 'error',
    xml: [
      `  <testsuite name="gameday"${countsOf(['error'])} time="0.000">`,
      `    <testcase classname="gameday" name="${name}" time="0.000">`,
      `      <error type="${reason}" message="${attribute(message)}">${cdata(next)}</error>`,
      `    </testcase>`,
      `  </testsuite>\n`,
    ].join('\n'),
  }));
}

function propertiesOf(result: DrillResult): readonly (readonly [string, string])[] {
  const all: readonly (readonly [string, string | null])[] = [
    ['gameday.drill', result.drill],
    ['gameday.version', result.gameday],
    ['gameday.fault', result.fault],
    ['gameday.outcome', result.outcome],
    ['gameday.reason', result.reason],
    ['gameday.world', result.label],
    ['aws.region', result.region],
    ['aws.account', result.account],
    ['ecs.cluster', result.cluster],
    ['ecs.service', result.service],
    ['ecs.task', result.target?.taskArn ?? null],
    ['buildkite.build', result.build?.url ?? null],
  ];
  return all.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
}

function countsOf(kinds: readonly Kind[]): string {
  const count = (kind: Kind): string => String(kinds.filter((one) => one === kind).length);
  return ` tests="${String(kinds.length)}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Characters that XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function attribute(text: string): string {
  return escapeControls(text)
    .replace(FORBIDDEN, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function cdata(text: string): string {
  return `<![CDATA[${text.replace(FORBIDDEN, '').replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}
