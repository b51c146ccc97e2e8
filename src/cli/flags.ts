import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { GamedayError } from '../model/errors.ts';
import { REPORTERS, isReporterName } from '../report/reporters.ts';
import type { AskedReporter } from '../report/reporters.ts';

/**
 * Flags that several commands have; a flag means the same in all of them. Those that could turn a gate into exit 0 when
 * left in a pipeline's environment (--yes, --json, --var, --rig, --dry-run, --insecure) have no variable.
 */
/** A duration, in milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async (text, _context, { name }) => readDuration(name, text),
});

/** What a duration is where its flag is not given; help shows it as it stands here. */
export function durationDefault(text: string): DurationDefault {
  return { default: async ({ options }) => readDuration(options.name, text), defaultHelp: async () => text };
}

interface DurationDefault {
  readonly default: (context: { readonly options: { readonly name: string } }) => Promise<number>;
  readonly defaultHelp: () => Promise<string>;
}

async function readDuration(flag: string, text: string): Promise<number> {
  // Loaded where a command is run, not where its help is shown: it brings the scenario's schema language along.
  const { parseDuration } = await import('../scenario/duration.ts');
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new GamedayError('bad-input', `--${flag} "${text}" is not a duration`, {
    next: 'Write it as 10s, 5m or 1h30m.',
  });
}

export const reporterFlag = Flags.custom<AskedReporter>({
  description: `who tells how drills go: ${Object.keys(REPORTERS).join(', ')}; with =FILE there instead of on the screen; may be given again`,
  helpValue: 'NAME[=FILE]',
  multiple: true,
  multipleNonGreedy: true,
  parse: async (text) => readReporter(text),
});

export function readReporter(text: string): AskedReporter {
  const [, name = '', file = null] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (!isReporterName(name))
    throw new GamedayError('bad-input', `there is no reporter "${name}"`, {
      next: `The reporters are: ${Object.keys(REPORTERS).join(', ')}.`,
    });
  const next = `Write it as --reporter ${name}, or as --reporter log=FILE.`;
  if (file === '') throw new GamedayError('bad-input', `--reporter ${name}= names no file`, { next });
  const { noFile } = REPORTERS[name];
  if (file !== null && noFile !== null)
    throw new GamedayError('bad-input', `the reporter ${name} cannot write to a file: ${noFile}`, { next });
  return { name, file };
}

export const jsonFlag = Flags.boolean({
  description: 'print one JSON document on stdout, whatever the ending',
});

export const varFlag = Flags.string({
  description: 'a value for ${NAME} in the scenario; it goes before the environment',
  helpValue: 'NAME=value',
  multiple: true,
  multipleNonGreedy: true,
});

export const outFlag = Flags.string({
  description: 'folder of the drills: journal.jsonl and result.json each',
  helpValue: 'DIR',
  default: '.gameday',
  env: 'GAMEDAY_OUT',
});

export const agentFlag = Flags.string({
  description: 'the buildkite-agent of the rig; else its file names one, or PATH, or the built-in stand-in',
  helpValue: 'PATH',
  env: 'GAMEDAY_AGENT',
});

export const executorFlag = Flags.option({
  description:
    "how the rig runs workers; `container` takes the task definition's own images, `process` has no real PID 1 and can't judge what hangs on that",
  options: ['namespace', 'process', 'container'] as const,
  env: 'GAMEDAY_EXECUTOR',
})();

export const yesFlag = Flags.boolean({
  default: false,
  description: 'stop the task without asking at the last instant',
});

export const insecureFlag = Flags.boolean({
  default: false,
  description: 'allow plain http to other hosts than this one; credentials then travel in the open',
});

export const files = Args.string({
  name: 'FILE',
  description: 'scenario files, or shipped scenarios by name: @exec-form',
  required: true,
  multiple: true,
});

/** The flags of `run`. */
export const runFlags = {
  rig: Flags.boolean({
    default: false,
    description: 'run it on the rig that the scenario names, never on real services',
  }),
  'dry-run': Flags.boolean({
    default: false,
    description: 'say what would be touched and what each guard answers; send nothing that changes anything',
  }),
  yes: yesFlag,
  json: jsonFlag,
  reporter: reporterFlag(),
  var: varFlag,
  out: outFlag,
  agent: agentFlag,
  executor: executorFlag,
  'side-by-side': Flags.boolean({
    default: false,
    description: 'print the drills in two columns at the end',
    env: 'GAMEDAY_SIDE_BY_SIDE',
  }),
  insecure: insecureFlag,
};

export type RunFlags = Interfaces.InferredFlags<typeof runFlags>;

/** `NAME=value` pairs as a map. */
export function variablesOf(pairs: readonly string[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (pairs ?? []).map((pair) => {
      const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(pair) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new GamedayError('bad-input', '--var wants NAME=value, with a NAME of letters, digits and _', {
        next: 'Write it as --var BRANCH=main.',
      });
    }),
  );
}
