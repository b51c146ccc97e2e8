import { escapeControls } from '../journal/escape.ts';
import { pathText } from './json.ts';
import type { Json } from './json.ts';
import type { Severity } from './finding.ts';
import type { Found, Preflight } from './judge.ts';
import type { DocumentName, Edit } from './documents.ts';
import type { Hunk, Written } from './text.ts';
import { createPainter } from '../report/paint.ts';
import type { Paint, Tone } from '../report/paint.ts';
import { formatMapping } from '../model/entities/mapping.ts';
import type { Mapping } from '../model/entities/mapping.ts';

/** Places of a document's values, as shown to the reader. */
export interface Places {
  /** `td.json:12:7`, or the name of a document that was read from a service. */
  of(document: DocumentName, path: Edit['path']): { readonly name: string; readonly position: string | null };
  /** The path in the given file, including the answer or list around the document. */
  whole(document: DocumentName, path: Edit['path']): Edit['path'];
  /** How the file names and writes its values, where it is neither JSON nor YAML. */
  written?(document: DocumentName): Written | null;
  /** The lines of a YAML file that an edit changes; null where its lines are not known. */
  hunks?(edit: Edit): readonly Hunk[] | null;
}

const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warn', note: 'loud' };

/** Every finding with what was seen, why it matters and which lines to change; then what is not known. */
export function preflightLines(preflight: Preflight, places: Places, colors: boolean): readonly string[] {
  const paint = createPainter(colors);
  const head = `The agent's container is ${preflight.container}; what it runs on: ${preflight.launch}.`;
  const findings = preflight.findings.flatMap((finding) => [
    '',
    ...findingLines(finding, places, colors),
    ...changeLines(finding, preflight, places).map((line) => `    ${paint(line, toneOfLine(line))}`),
  ]);
  const unknown = preflight.unknown.map(({ rule, said }) => `  ${rule}: ${escapeControls(said)}`);
  return [
    escapeControls(head),
    ...(preflight.mapping === null ? [] : mappingLines(preflight.mapping, paint)),
    ...findings,
    ...(unknown.length === 0 ? [] : ['', paint('Not known:', 'loud'), ...unknown]),
    '',
    sayCounts(preflight),
  ];
}

function mappingLines(mapping: Mapping, paint: Paint): readonly string[] {
  const isWhole = mapping.mapped === mapping.tasks && mapping.unknown === null;
  return [paint(escapeControls(`Mapping: ${formatMapping(mapping)}.`), isWhole ? 'plain' : 'warn')];
}

function sayCounts({ findings }: Preflight): string {
  if (findings.length === 0) return 'No findings.';
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${String(count)} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counts.join(', ');
}

function findingLines(finding: Found, places: Places, colors: boolean): readonly string[] {
  const paint = createPainter(colors);
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
  ];
}

/** The edits of a finding that no finding before it shows, and whose they are otherwise. */
function changeLines(finding: Found, { findings }: Preflight, places: Places): readonly string[] {
  const sharersOf = (edit: Edit): readonly Found[] => findings.filter(({ edits }) => edits.includes(edit));
  const fresh = finding.edits.filter((edit) => sharersOf(edit)[0] === finding);
  const shown = finding.edits.filter((edit) => !fresh.includes(edit));
  const also = fresh.flatMap(sharersOf).filter((one) => one !== finding);
  const before = shown.flatMap((edit) => sharersOf(edit).slice(0, 1));
  return [
    ...(also.length === 0 ? [] : [`one change, also for ${rulesText(also)}:`]),
    ...fresh.flatMap((edit) => diffLines(edit, places)),
    ...(before.length === 0 ? [] : [`the change shown for ${rulesText(before)} is also for this`]),
    ...(finding.waitsFor === undefined
      ? []
      : [`first make the change shown for ${finding.waitsFor.join(', ')}: it is one of the same lines`]),
  ];
}

function rulesText(findings: readonly Found[]): string {
  return [...new Set(findings.map(({ rule }) => rule))].join(', ');
}

function toneOfLine(line: string): Tone {
  return line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : 'quiet';
}

/** The edit as lines of a diff: where, what is removed, what is added. */
export function diffLines(edit: Edit, places: Places): readonly string[] {
  const { document, path, before, after } = edit;
  const { name, position } = places.of(document, path);
  const hunks = places.hunks?.(edit) ?? [];
  if (hunks.length > 0) return hunks.flatMap((hunk) => hunkLines(hunk, name));
  const written = places.written?.(document) ?? null;
  if (written !== null)
    return [
      `@@ ${name}${position === null ? '' : `:${position.split(':', 1)[0] ?? ''}`} @@`,
      ...(before === undefined || !written.has(path) ? [] : [`- ${written.line(path, before)}`]),
      ...(after === undefined ? [] : [`+ ${written.line(path, after)}`]),
    ].map(escapeControls);
  const inside = pathText(places.whole(document, path.slice(0, -1)));
  const key = path.at(-1);
  const label = typeof key === 'string' ? `${JSON.stringify(key)}: ` : '';
  return [
    `@@ ${name}${inside === '' ? '' : ` ${inside}`} @@`,
    ...(before === undefined ? [] : [`- ${label}${compactJson(before)}`]),
    ...(after === undefined ? [] : [`+ ${label}${compactJson(after)}`]),
  ].map(escapeControls);
}

function hunkLines({ line, removed, added }: Hunk, name: string): readonly string[] {
  return [
    `@@ ${name}:${String(line)} @@`,
    ...removed.map((text) => `- ${text}`),
    ...added.map((text) => `+ ${text}`),
  ].map(escapeControls);
}

/** JSON on one line, with a space after colons and commas. */
function compactJson(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(compactJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}: ${compactJson(inner)}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** The document of `preflight --json` beside its outcome; each finding has its change as edits and as a diff. */
export function preflightDocument(
  { findings, container, launch, mapping, unknown }: Preflight,
  places: Places,
): object {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return {
    counts,
    container,
    launch,
    mapping,
    findings: findings.map((one) => jsonOf(one, places)),
    unknown,
  };
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
    waitsFor: finding.waitsFor ?? [],
    unknown: finding.unknown,
  };
}
