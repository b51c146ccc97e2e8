import { GamedayError } from '../model/errors.ts';
import { REDACTED } from '../journal/redact.ts';
import type { Loaded, LoadedScenario } from '../scenario/load.ts';
import type { InputError } from '../scenario/problem.ts';
import type { Plan } from '../scenario/plan.ts';

/** A command line, split at its first `--`: what is behind it is the user's own command, and no flag of ours is looked for in it. */
export interface SplitLine {
  readonly own: string[];
  /** Null where there is no `--`. */
  readonly words: readonly string[] | null;
}

/** Splits the command off before flags are parsed. Throws bad-input where nothing stands behind `--`. */
export function splitCommand(argv: readonly string[]): SplitLine {
  const at = argv.indexOf('--');
  if (at < 0) return { own: [...argv], words: null };
  const words = argv.slice(at + 1);
  if (words.length === 0)
    throw new GamedayError('bad-input', 'no command stands behind --', {
      next: 'Write it as: gameday run release.yaml -- ./deploy.sh --to v42',
    });
  return { own: argv.slice(0, at), words };
}

/** The scenarios with the command from behind `--`, or why it does not fit them. `isRun`: something is to be run now. */
export function giveCommand(loaded: Loaded, words: readonly string[] | null, isRun: boolean): Loaded {
  const count = loaded.scenarios.length;
  if (words !== null && count > 1) {
    const message = `the command behind -- goes with exactly one FILE; ${String(count)} were given`;
    return {
      ...loaded,
      errors: [...loaded.errors, { message, at: null, next: 'Run the files one by one.' }],
    };
  }
  const wrong = loaded.scenarios.flatMap((one) => explainWrongCommand(one, words, isRun));
  return {
    scenarios: words === null ? loaded.scenarios : loaded.scenarios.map((one) => withCommand(one, words)),
    errors: [...loaded.errors, ...wrong],
  };
}

function explainWrongCommand(
  { scenario: { inject }, file }: LoadedScenario,
  words: readonly string[] | null,
  isRun: boolean,
): readonly InputError[] {
  if (inject.fault !== 'command') {
    if (words === null) return [];
    const message = `a command behind -- is for inject.fault: command alone; this scenario injects ${inject.fault}`;
    return [
      { message, at: file, next: 'Leave the command out, or write inject: { fault: command, limit: 10m }.' },
    ];
  }
  if (words !== null && inject.command !== null) {
    const message = 'the command is given twice: by inject.command and behind --';
    return [{ message, at: file, next: 'Keep one of them.' }];
  }
  if (words !== null || inject.command !== null || !isRun) return [];
  const message = 'no command is given, and fault command runs one';
  return [{ message, at: file, next: 'Give it behind --, or add inject.command to the scenario.' }];
}

function withCommand(loaded: LoadedScenario, words: readonly string[]): LoadedScenario {
  const { inject } = loaded.scenario;
  if (inject.fault !== 'command') return loaded;
  return { ...loaded, scenario: { ...loaded.scenario, inject: { ...inject, command: [...words] } } };
}

/** A resumed drill has the command of its journal, which a scenario file need not hold. Throws where it is still to be run and the journal hides a part of it. */
export function takeStoredCommand(loaded: LoadedScenario, plan: Plan, isStarted: boolean): LoadedScenario {
  const words =
    plan.mode === 'inject' && plan.scenario.inject.fault === 'command' ? plan.scenario.inject.command : null;
  const { inject } = loaded.scenario;
  if (words === null || inject.fault !== 'command' || inject.command !== null) return loaded;
  if (!isStarted && words.some((word) => word.includes(REDACTED)))
    throw new GamedayError(
      'bad-input',
      'the command holds a secret, which the journal does not, so it cannot be run',
      {
        at: loaded.file,
        next: 'Settle the drill with `gameday drills abort`, and run it anew.',
      },
    );
  return withCommand(loaded, words);
}
