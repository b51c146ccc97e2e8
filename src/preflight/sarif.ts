import { toJson } from '../journal/escape.ts';
import { pathText } from './json.ts';
import { RULES } from './list.ts';
import type { Found, Preflight } from './judge.ts';
import type { Severity } from './finding.ts';
import { diffLines } from './report.ts';
import type { Places } from './report.ts';

/** SARIF's levels have the names of our severities (SARIF 2.1.0, 3.27.10). */
const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  note: 'note',
};

/** Makes the URI of a file from its path. */
export type UriOf = (file: string) => string;

/** The findings as a SARIF 2.1.0 log, for code scanning: one run, one result a finding. */
export function preflightSarif(preflight: Preflight, places: Places, version: string, uriOf: UriOf): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'gameday preflight', semanticVersion: version, rules: RULES.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: preflight.findings.map((finding) => resultOf(finding, places, uriOf)),
        invocations: [
          {
            executionSuccessful: true,
            // A rule that could not be checked must not look as if all were well.
            toolExecutionNotifications: preflight.unknown.map(({ rule, said }) => ({
              level: 'note',
              message: { text: `not known: ${said}` },
              associatedRule: { id: rule, index: RULES.findIndex(({ id }) => id === rule) },
            })),
          },
        ],
      },
    ],
  };
  return `${toJson(log, 2)}\n`;
}

function ruleOf({ id, rule, severities, sources }: (typeof RULES)[number]): object {
  const [helpUri] = sources
    .map((source) => /^https:\/\/\S+/.exec(source)?.[0])
    .filter((uri) => uri !== undefined);
  return {
    id,
    // Code scanning asks for both descriptions and for the help.
    shortDescription: { text: dropBackticks(rule) },
    fullDescription: { text: dropBackticks(rule) },
    help: { text: sources.join('\n') },
    ...(helpUri === undefined ? {} : { helpUri }),
    defaultConfiguration: { level: LEVELS[severities[0] ?? 'note'] },
  };
}

/** SARIF messages are plain text, so backticks go. */
function dropBackticks(text: string): string {
  return text.replaceAll('`', '');
}

function resultOf(finding: Found, places: Places, uriOf: UriOf): object {
  const { name, position } = places.of(finding.document, finding.path);
  const [line, column] = (position ?? '').split(':').map(Number);
  const path = pathText(places.whole(finding.document, finding.path));
  const waits =
    finding.waitsFor === undefined
      ? []
      : [`First make the change of ${finding.waitsFor.join(', ')}: it is one of the same lines.`];
  const diff = finding.edits.flatMap((edit) => diffLines(edit, places));
  const unknown = finding.unknown === null ? '' : ` Not known: ${finding.unknown}.`;
  const text = [`${finding.seen}. ${finding.why} ${finding.todo}${unknown}`, ...diff, ...waits].join('\n');
  const physical =
    position === null
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: uriOf(name) },
            region: { startLine: line, startColumn: column },
          },
        };
  return {
    ruleId: finding.rule,
    ruleIndex: RULES.findIndex(({ id }) => id === finding.rule),
    level: LEVELS[finding.severity],
    message: { text },
    locations: [
      {
        ...physical,
        logicalLocations: [{ name: path === '' ? name : path, fullyQualifiedName: `${name}#${path}` }],
      },
    ],
  };
}
