import { findCrossProblems } from './cross-checks.ts';
import { readDocument } from './document.ts';
import type { Source } from './document.ts';
import { interpolateSource } from './interpolate.ts';
import type { Interpolated, Lookup } from './interpolate.ts';
import type { Hook } from '../model/entities/notice.ts';
import { hooksIn } from './notify.ts';
import { chooseForm, offsetOf, problemsOf } from './issues.ts';
import { recognizeJournal, recognizeOtherFile } from './other-files.ts';
import { regionOfArns } from './place-checks.ts';
import { keyOfPath, valueAt } from './problem.ts';
import type { CrossProblem, Problem, TreePath } from './problem.ts';
import { ScenarioFile } from './schema.ts';
import type { Scenario } from './schema.ts';
import { secretsOf } from './secrets.ts';
import { findLiteralSecrets } from './tokens.ts';

/** The result of reading a scenario text: a scenario, with paths as they were written, or what is wrong with it. */
export interface Reading {
  readonly scenario: Scenario | null;
  /** Path of the file with the configuration of the agent's image, as it was written; null where none is named. */
  readonly imageConfig: string | null;
  /** Who is told of the drill, with their addresses. */
  readonly hooks: readonly Hook[];
  /** Values that must never be shown. */
  readonly secrets: readonly string[];
  /** In the order of the text; empty exactly where there is a scenario. */
  readonly problems: readonly Problem[];
  /** `line:col` of an offset. */
  readonly position: (offset: number) => string;
  /** Begin of the value at a path. */
  readonly valueOffset: (path: TreePath) => number;
}

/** Reads, interpolates and validates one scenario text; never throws. */
export function readScenario(text: string, lookup: Lookup): Reading {
  const source = readDocument(text);
  const literal = findLiteralSecrets(text);
  const valueOffset = (path: TreePath): number =>
    source.places.get(keyOfPath(path))?.start ?? offsetOf(path, source);
  const reading = { secrets: [], hooks: [], imageConfig: null, position: source.position, valueOffset };
  if (source.tree === undefined) {
    const journal = recognizeJournal(text);
    const problems = journal === null ? source.problems : [journal];
    return { ...reading, scenario: null, problems: orderProblems([...literal, ...problems]) };
  }
  const other = recognizeOtherFile(source.tree, Object.keys(ScenarioFile.def.in.shape));
  if (other !== null) return { ...reading, scenario: null, problems: orderProblems([...literal, other]) };
  const interpolated = interpolateSource(source, lookup);
  const parsed = parseInterpolated(
    interpolated,
    new Set([...source.problems, ...interpolated.problems].map(({ offset }) => beginOf(offset, source))),
    source,
  );
  const secrets = secretsOf(interpolated, lookup);
  const crossed = [...findCrossProblems(interpolated.tree), ...secrets.problems];
  const problems = orderProblems([
    ...literal,
    ...source.problems,
    ...interpolated.problems,
    ...parsed.problems,
    ...crossed.map((problem) => placeProblem(problem, source)),
  ]);
  if (problems.length > 0 || parsed.scenario === null) return { ...reading, scenario: null, problems };
  return {
    ...reading,
    scenario: parsed.scenario,
    imageConfig: interpolated.texts.get(keyOfPath(['cluster', 'imageConfig'])) ?? null,
    hooks: hooksIn(valueAt(interpolated.tree, ['notify'])),
    secrets: secrets.values,
    problems,
  };
}

interface Parsed {
  readonly scenario: Scenario | null;
  readonly problems: readonly Problem[];
}

/** YAML makes numbers of a commit `1234567` and of `env: { RETRIES: 3 }`: where text is wanted, what was written is taken. */
function parseInterpolated(
  interpolated: Interpolated,
  explained: ReadonlySet<number>,
  source: Source,
): Parsed {
  const region = valueAt(interpolated.tree, ['cluster', 'region']) ?? regionOfArns(interpolated.tree);
  const whole =
    region === null ? interpolated.tree : replaceAt(interpolated.tree, ['cluster', 'region'], region);
  const first = ScenarioFile.safeParse(whole);
  if (first.success) return { scenario: first.data, problems: [] };
  const texts = first.error.issues
    .flatMap((issue) => chooseForm(issue, interpolated.tree))
    .filter((issue) => issue.code === 'invalid_type' && issue.expected === 'string')
    .map((issue) => issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part)))
    .filter((path) => interpolated.texts.has(keyOfPath(path)));
  const tree = texts.reduce<unknown>(
    (all, path) => replaceAt(all, path, interpolated.texts.get(keyOfPath(path))),
    whole,
  );
  const second = texts.length === 0 ? first : ScenarioFile.safeParse(tree);
  if (second.success) return { scenario: second.data, problems: [] };
  const problems = second.error.issues
    .flatMap((issue) => chooseForm(issue, interpolated.tree))
    .flatMap((issue) => problemsOf(issue, source));
  // An unset variable or an alias without an anchor was already reported at its place.
  return { scenario: null, problems: problems.filter(({ offset }) => !explained.has(offset)) };
}

/** Where the scalar begins that an offset lies in: a variable stands behind its quote. */
function beginOf(offset: number, { places }: Source): number {
  const scalars = [...places.values()].filter(({ written }) => written !== null);
  return scalars.find(({ start, end }) => start <= offset && offset < end)?.start ?? offset;
}

function replaceAt(tree: unknown, path: TreePath, value: unknown): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (Array.isArray(tree)) {
    return tree.map((item: unknown, index) => (index === part ? replaceAt(item, rest, value) : item));
  }
  if (typeof tree !== 'object' || tree === null) return tree;
  return { ...tree, [part]: replaceAt(valueAt(tree, [part]), rest, value) };
}

function placeProblem(problem: CrossProblem, source: Source): Problem {
  const place = source.places.get(keyOfPath(problem.path));
  const key = place?.key ?? place?.start;
  const offset = problem.at === 'key' ? key : place?.start;
  return { offset: offset ?? offsetOf(problem.path, source), message: problem.message, next: problem.next };
}

/** In the order of the text, each thing once: an anchor's value may be wrong in many places. */
function orderProblems(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  const once = problems.filter(({ offset, message }) => {
    const key = `${offset} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return once.toSorted((a, b) => a.offset - b.offset);
}
