import { escapeControls, toJson } from '../journal/escape.ts';
import { pathText } from '../preflight/json.ts';
import type { Json } from '../preflight/json.ts';
import type { DocumentName, Edit } from '../preflight/documents.ts';
import type { Severity } from '../preflight/finding.ts';
import type { Found, Preflight } from '../preflight/judge.ts';
import { painter } from './paint.ts';
import type { Tone } from './paint.ts';

/** Where a value of a document stands for its reader. */
export interface Places {
  /** `td.json:12:7`, or the name of what was read from a service. */
  of(document: DocumentName, path: Edit['path']): { readonly name: string; readonly position: string | null };
  /** The path as it is in what was given, wrapping included. */
  whole(document: DocumentName, path: Edit['path']): Edit['path'];
}

const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warn', note: 'loud' };

/** Every finding with what was seen, why it matters and the lines to change; then what nobody could know. */
export function preflightLines(preflight: Preflight, places: Places, colors: boolean): readonly string[] {
  const paint = painter(colors);
  const head = `The agent's container is ${preflight.container}; what it runs on: ${preflight.launch}.`;
  const findings = preflight.findings.flatMap((finding) => ['', ...findingLines(finding, places, colors)]);
  const unknown = preflight.unknown.map(({ rule, said }) => `  ${rule}: ${escapeControls(said)}`);
  return [
    escapeControls(head),
    ...findings,
    ...(unknown.length === 0 ? [] : ['', paint('Could not be known:', 'loud'), ...unknown]),
    '',
    countLine(preflight),
  ];
}

function countLine({ findings }: Preflight): string {
  if (findings.length === 0) return 'Nothing was found.';
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${String(count)} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counts.join(', ');
}

function findingLines(finding: Found, places: Places, colors: boolean): readonly string[] {
  const paint = painter(colors);
  const { name, position } = places.of(finding.document, finding.path);
  const at = position === null ? name : `${name}:${position}`;
  const path = pathText(places.whole(finding.document, finding.path));
  return [
    `${paint(finding.severity, TONES[finding.severity])} ${paint(finding.rule, 'loud')}  ${escapeControls(`${at}${path === '' ? '' : `  ${path}`}`)}`,
    `  seen:   ${escapeControls(finding.seen)}`,
    `  why:    ${escapeControls(finding.why)}`,
    ...finding.sources.map(
      (source, index) => `  ${index === 0 ? 'source:' : '       '} ${escapeControls(source)}`,
    ),
    ...(finding.unknown === null ? [] : [`  not known: ${escapeControls(finding.unknown)}`]),
    `  change: ${escapeControls(finding.todo)}`,
    ...finding.edits.flatMap((edit) =>
      diffLines(edit, places).map((line) => `    ${paint(line, toneOfLine(line))}`),
    ),
  ];
}

function toneOfLine(line: string): Tone {
  return line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : 'quiet';
}

/** The edit as lines of a diff: what goes, what comes, and inside what. */
export function diffLines({ document, path, before, after }: Edit, places: Places): readonly string[] {
  const { name } = places.of(document, path);
  const inside = pathText(places.whole(document, path.slice(0, -1)));
  const key = path.at(-1);
  const label = typeof key === 'string' ? `${JSON.stringify(key)}: ` : '';
  return [
    `@@ ${name}${inside === '' ? '' : ` ${inside}`} @@`,
    ...(before === undefined ? [] : [`- ${label}${oneLine(before)}`]),
    ...(after === undefined ? [] : [`+ ${label}${oneLine(after)}`]),
  ].map(escapeControls);
}

/** Compact JSON with a space behind colons and commas, as people write it. */
function oneLine(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${oneLine(inner)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** The one document of `preflight --json`. */
export interface PreflightDocument {
  readonly version: 1;
  readonly outcome: 'clean' | 'failed';
  readonly exitCode: number;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly container: string;
  readonly launch: string;
  readonly findings: readonly object[];
  readonly unknown: Preflight['unknown'];
}

/** The findings as plain data; the diff of each is given as edits and as text. */
export function preflightJson(preflight: Preflight, places: Places, exitCode: number): string {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of preflight.findings) counts[severity] += 1;
  const document: PreflightDocument = {
    version: 1,
    outcome: exitCode === 0 ? 'clean' : 'failed',
    exitCode,
    counts,
    container: preflight.container,
    launch: preflight.launch,
    findings: preflight.findings.map((finding) => jsonOf(finding, places)),
    unknown: preflight.unknown,
  };
  return `${toJson(document, 2)}\n`;
}

function jsonOf(finding: Found, places: Places): object {
  const { name, position } = places.of(finding.document, finding.path);
  return {
    rule: finding.rule,
    severity: finding.severity,
    document: finding.document,
    file: name,
    position,
    path: pathText(places.whole(finding.document, finding.path)),
    seen: finding.seen,
    why: finding.why,
    sources: finding.sources,
    todo: finding.todo,
    edits: finding.edits.map((edit) => ({
      document: edit.document,
      path: pathText(places.whole(edit.document, edit.path)),
      before: edit.before ?? null,
      after: edit.after ?? null,
    })),
    diff: finding.edits.flatMap((edit) => diffLines(edit, places)),
    unknown: finding.unknown,
  };
}
