import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { examineScenarios } from '../doctor/service.ts';
import { examinedLines } from '../doctor/report.ts';
import { makeFolders } from '../disk/folders.ts';
import { GamedayError } from '../model/errors.ts';
import { quoteWord } from '../pipeline/shell.ts';
import { lookupIn } from '../scenario/interpolate.ts';
import { readScenario } from '../scenario/read.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import { isAttendedTerminal } from '../cli/output.ts';
import { answerOf } from '../cli/exit-codes.ts';
import { askChoice, askText, InterruptedQuestion } from '../cli/questions.ts';
import type { Runner } from '../cli/runner.ts';
import { completeAnswers } from './answers.ts';
import type { Answers, Questions } from './answers.ts';
import { openListings } from './live.ts';
import type { InitFlags } from './options.ts';
import { pipelineText, scenarioText } from './render.ts';
import { writtenLines } from './report.ts';

/** The names of the files, in the order in which they are written. */
const NAMES = ['drill.yaml', 'doctor.txt', 'pipeline.yml'] as const;

const AT_TERMINAL: Questions = { text: askText, choose: askChoice };

/** Writes a scenario, doctor's findings and a step of a pipeline; nothing where one of the files stands already. */
export async function runInit(flags: InitFlags, runner: Runner): Promise<void> {
  const [scenario, findings, pipeline] = NAMES.map((name) => join(flags.into, name)) as [
    string,
    string,
    string,
  ];
  refuseToOverwrite([scenario, findings, pipeline]);
  const answers = await askAnswers(flags, runner);
  if (answers === null) return;
  const text = scenarioText(answers);
  requireGood(text, answers.queue);
  await write(scenario, text);
  await write(pipeline, pipelineText(answers, scenario));
  const { screen, file, examined } = await lookAround(scenario, flags, runner);
  await write(findings, `${file.join('\n')}\n`);
  const written = [
    { file: scenario, what: 'the scenario' },
    { file: findings, what: 'what a drill would meet, as shown above' },
    { file: pipeline, what: `a step for Buildkite, on queue ${answers.queue}` },
  ];
  runner.finish(answerOf('written', { files: written, scenarios: examined }), (stdout) =>
    stdout.write(`${writtenLines(written, screen, quoteWord(scenario)).join('\n')}\n`),
  );
}

function refuseToOverwrite(files: readonly string[]): void {
  const standing = files.filter((file) => existsSync(file));
  const [first] = standing;
  if (first === undefined) return;
  throw new GamedayError('bad-input', `${standing.join(', ')}: already there, and init overwrites nothing`, {
    at: first,
    next: 'Nothing was written. Remove it, or name another folder: --into DIR.',
  });
}

/** Null after Ctrl-C, which is reported here. */
async function askAnswers(flags: InitFlags, runner: Runner): Promise<Answers | null> {
  const { environment } = runner;
  const isAsked = isAttendedTerminal(environment) && !runner.json;
  const { cluster, service, pipeline, step, queue } = flags;
  const given = {
    ...{ cluster, service, pipeline, step, queue },
    organization: environment['BUILDKITE_ORGANIZATION_SLUG'] || null,
    region: flags.region ?? (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || null),
  };
  try {
    return await completeAnswers(
      given,
      isAsked ? AT_TERMINAL : null,
      openListings(given.region, flags, runner),
    );
  } catch (error) {
    if (!(error instanceof InterruptedQuestion)) throw error;
    runner.output.stderr.write('Nothing was written.\n');
    runner.finish(makeGameDayDocument([], [], 'SIGINT'));
    return null;
  }
}

/** What `gameday validate` would refuse is refused before anything is written. */
function requireGood(text: string, queue: string): void {
  const [problem] = readScenario(text, lookupIn({}, {})).problems;
  if (problem !== undefined)
    throw new GamedayError('bad-input', problem.message, {
      next: `Correct the answer; nothing was written.${problem.next === null ? '' : ` ${problem.next}`}`,
    });
  if (/^[A-Za-z0-9_.-]+$/.test(queue)) return;
  throw new GamedayError('bad-input', '--queue is not the name of a queue', {
    next: 'Write it as --queue game-day. Nothing was written.',
  });
}

async function write(file: string, text: string): Promise<void> {
  try {
    makeFolders(join(file, '..'));
    // A file that appeared meanwhile is not overwritten either.
    await writeFile(file, text, { flag: 'wx' });
  } catch (cause) {
    throw new GamedayError('bad-input', `${file} cannot be written: ${(cause as Error).message}`, {
      ...{ cause, at: file, next: 'Name a writable folder: --into DIR.' },
    });
  }
}

/** Doctor's findings for the screen and for the file; where a setting is wrong, what was not asked. */
async function lookAround(
  scenario: string,
  { insecure }: InitFlags,
  runner: Runner,
): Promise<{
  readonly screen: readonly string[];
  readonly file: readonly string[];
  readonly examined: readonly unknown[];
}> {
  const { examined, errors } = await examineScenarios([scenario], { insecure, rig: false }, runner);
  if (errors.length > 0) {
    const lines = errors.map(
      ({ message, next }) => `not checked: ${message}.${next === null ? '' : ` ${next}`}`,
    );
    return { screen: lines, file: lines, examined };
  }
  const { stdout } = runner.output;
  const shown = (columns: number, colors: boolean): readonly string[] =>
    examined.flatMap((one) => examinedLines(one, columns, colors));
  return { screen: shown(stdout.columns(), stdout.colors), file: shown(120, false), examined };
}
