import { createHash } from 'node:crypto';
import { basename, extname, isAbsolute, relative } from 'node:path';
import { groupItems } from '../ledger/group.ts';
import { markdownOf } from '../report/markdown.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import type { DrillResult } from '../verdict/result.ts';
import type { Environment } from './output.ts';

/** An annotation of a Buildkite build, with all drills of one scenario. */
export interface Annotation {
  readonly context: string;
  readonly style: 'success' | 'info' | 'warning' | 'error';
  readonly body: string;
}

/**
 * The annotations of a command's drills, one for each scenario, the worst first. A later command of the same build that drills
 * the same scenario replaces its annotation.
 */
export function annotationsOf(
  drills: readonly DrillResult[],
  environment: Environment,
): readonly Annotation[] {
  const groups = groupItems(drills, (drill) => contextOf(drill, environment));
  return [...groups]
    .map(([context, ofScenario]) => ({
      context,
      style: styleOf(ofScenario),
      body: markdownOf(ofScenario, NOTHING_MORE, LARGEST_BODY),
    }))
    .toSorted((a, b) => rankOf(a.style) - rankOf(b.style));
}

function rankOf(style: Annotation['style']): number {
  return ['error', 'warning', 'info', 'success'].indexOf(style);
}

/** Green is for what was proven: of the other outcomes with exit code 0 none is evidence of a drain. */
function styleOf(drills: readonly DrillResult[]): Annotation['style'] {
  const { outcome, exitCode } = makeGameDayDocument(drills, [], null);
  if (outcome === 'failed' || outcome === 'internal') return 'error';
  if (outcome === 'passed') return 'success';
  return exitCode === 0 ? 'info' : 'warning';
}

/** Characters that Buildkite allows in a context are 100; these are the scenario's name, its digest and what joins them. */
const LONGEST_NAME = 80;

/**
 * `gameday-exec-form-1a2b3c4d`: the name of the scenario's file, and a digest of its path in the checkout and of its title. The
 * digest is the same for a retry on another agent, and another one for each job of a parallel step, which must not hide each other.
 */
export function contextOf(
  { file, title }: Pick<DrillResult, 'file' | 'title'>,
  environment: Environment,
): string {
  const checkout = environment['BUILDKITE_BUILD_CHECKOUT_PATH'] ?? process.cwd();
  const path = isAbsolute(file) ? relative(checkout, file) : file;
  const whole = JSON.stringify([path, title, environment['BUILDKITE_PARALLEL_JOB'] ?? '']);
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  const name = basename(file, extname(file)).replaceAll(/[^A-Za-z0-9]+/g, '-');
  return `gameday-${name.slice(0, LONGEST_NAME)}-${digest}`;
}

/** Buildkite takes a body below 1 MiB, in bytes (pipelines/configure/annotations). */
const LARGEST_BODY = 1024 * 1024 - 1;
const NOTHING_MORE = { errors: [], isCut: false };
