import { formatSpan } from '../model/instants.ts';
import { escapeControls } from '../journal/escape.ts';
import { redactLeaves } from '../journal/redact.ts';
import type { Reporter } from '../report/reporter.ts';
import type { DrillResult, GameDayDocument } from '../verdict/result.ts';
import { annotationsOf } from './annotations.ts';
import type { Annotation } from './annotations.ts';
import type { Environment, Output } from './output.ts';
import type { Clients } from './wire.ts';

/** How long the agent may take for one annotation, and for all of them, milliseconds: the command waits for it at its end. */
const ONE_WITHIN_MS = 10_000;
const ALL_WITHIN_MS = 30_000;

/** How the agent is called, and where the drills are shown. */
export interface AnnotateTools {
  readonly environment: Environment;
  readonly output: Pick<Output, 'stderr' | 'redact'>;
  readonly runProgram: Clients['runProgram'];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Annotates the build of this job with each scenario's drills, once the command has its answer. Whatever becomes of it: the
 * verdict and the exit code are decided before, and a failure is one line on stderr.
 */
export function createAnnotationReporter(
  tools: AnnotateTools,
): Required<Pick<Reporter, 'onResult' | 'onAnswer'>> {
  const drills: DrillResult[] = [];
  return {
    onResult: (result) => void drills.push(result),
    onAnswer(answer) {
      const document = answer as Partial<GameDayDocument>;
      const told = document.drills ?? drills;
      // An interrupted command has half a second.
      if (told.length === 0 || document.outcome === 'interrupted') return;
      annotateBuild(told, tools).catch((error: unknown) => sayNotAnnotated(String(error), tools));
    },
  };
}

async function annotateBuild(drills: readonly DrillResult[], tools: AnnotateTools): Promise<void> {
  const { environment, output, now } = tools;
  const missing = ['BUILDKITE_JOB_ID', 'BUILDKITE_AGENT_ACCESS_TOKEN'].find((name) => !environment[name]);
  if (missing !== undefined)
    return sayNotAnnotated(`this is no job of Buildkite: ${missing} is not set`, tools);
  const endsAt = now() + ALL_WITHIN_MS;
  for (const annotation of annotationsOf(redactLeaves(drills, output.redact), environment)) {
    const limit = Math.min(ONE_WITHIN_MS, endsAt - now());
    const why =
      limit <= 0 ? `it took more than ${formatSpan(ALL_WITHIN_MS)}` : await send(annotation, limit, tools);
    // What keeps one from being written keeps the others from it, and each would take its time.
    if (why !== null) return sayNotAnnotated(`annotation ${annotation.context}: ${why}`, tools);
  }
}

/** Hands one annotation to the agent; why it could not be written, or null. */
async function send(
  { context, style, body }: Annotation,
  limit: number,
  { environment, runProgram }: AnnotateTools,
): Promise<string | null> {
  // A variable of the agent could turn "replace" into "append", or put it elsewhere.
  const own = Object.entries(environment).filter(([name]) => !name.startsWith('BUILDKITE_ANNOTATION_'));
  const words = ['buildkite-agent', 'annotate', '--context', context, '--style', style];
  const ran = await runProgram(words, {
    ...{ environment: Object.fromEntries(own), input: body, limit },
  });
  if (!ran.ok) return ran.trouble.message;
  const { exitCode, signal, endedBy, output: said } = ran.value;
  if (endedBy === 'limit') return `buildkite-agent annotate did not end within ${formatSpan(limit)}`;
  if (exitCode === 0) return null;
  const last = said.split('\n').findLast((line) => line.trim() !== '') ?? '';
  const how = signal === null ? `exit code ${String(exitCode)}` : `signal ${signal}`;
  return `buildkite-agent annotate ended with ${how}${last === '' ? '' : `: ${last.slice(0, LONGEST_REASON)}`}`;
}

/** Characters of what the agent says last. */
const LONGEST_REASON = 300;

function sayNotAnnotated(why: string, { output }: AnnotateTools): void {
  output.stderr.write(`${escapeControls(`--annotate: the build is not annotated: ${why}`)}\n`);
}
