import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { findClosest } from '../model/suggest.ts';
import { GamedayError } from '../model/errors.ts';
import { REPORTERS, isReporterName } from '../report/reporters.ts';
import { MORE } from './command-groups.ts';
import type { AskedReporter } from '../report/reporters.ts';

/**
 * Flags of several commands; a flag means the same in all of them. --yes, --json, --var, --rig, --dry-run and --insecure
 * have no environment variable: left in a pipeline's environment, one could turn a gate into exit 0.
 */
/** A duration, in milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async (text, _context, { name }) => readDuration(name, text),
});

/** A longer duration, which may be a number of days; milliseconds. */
export const daysFlag = Flags.custom<number>({
  helpValue: 'DURATION',
  parse: async (text, _context, { name }) => {
    const [, days] = /^(\d{1,4})d$/.exec(text) ?? [];
    return days === undefined ? readDuration(name, text) : Number(days) * 86_400_000;
  },
});

/** The default of a duration flag; help shows it as written here. */
export function durationDefault(text: string): DurationDefault {
  return { default: async ({ options }) => readDuration(options.name, text), defaultHelp: async () => text };
}

interface DurationDefault {
  readonly default: (context: { readonly options: { readonly name: string } }) => Promise<number>;
  readonly defaultHelp: () => Promise<string>;
}

async function readDuration(flag: string, text: string): Promise<number> {
  // Loaded only when a command runs, not for its help: it loads zod as well.
  const { parseDuration } = await import('../scenario/duration.ts');
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new GamedayError('bad-input', `--${flag} "${text}" is not a duration`, {
    next: 'Write it as 10s, 5m or 1h30m.',
  });
}

export const reporterFlag = Flags.custom<AskedReporter>({
  helpGroup: MORE,
  description: `how to report drills: ${Object.keys(REPORTERS).join(', ')}; =FILE writes to a file instead of the screen; may be given again`,
  helpValue: 'NAME[=FILE]',
  multiple: true,
  multipleNonGreedy: true,
  parse: async (text) => readReporter(text),
});

export function readReporter(text: string): AskedReporter {
  const [, name = '', file = null] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (!isReporterName(name)) {
    const near = findClosest(name, Object.keys(REPORTERS));
    throw new GamedayError('bad-input', `there is no reporter "${name}"`, {
      next: `${near === null ? '' : `Did you mean ${near}? `}The reporters are: ${Object.keys(REPORTERS).join(', ')}.`,
    });
  }
  const { noFile, stream } = REPORTERS[name];
  const withFile = { next: `Write it as --reporter ${name}=FILE.` };
  if (file !== null && noFile !== null)
    throw new GamedayError('bad-input', `the reporter ${name} cannot write to a file: ${noFile}`, {
      next: `Write it as --reporter ${name}, or as --reporter log=FILE.`,
    });
  if (file === '')
    throw new GamedayError('bad-input', `--reporter ${name}= names no file after the =`, withFile);
  if (file === null && stream === null && noFile === null)
    throw new GamedayError('bad-input', `the reporter ${name} needs a file`, withFile);
  return { name, file };
}

export const jsonFlag = Flags.boolean({
  description: 'print one JSON document on stdout, whatever the outcome',
});

export const verboseFlag = Flags.boolean({
  default: false,
  description: 'print all that is known of each drill before its card',
  env: 'GAMEDAY_VERBOSE',
});

export const varFlag = Flags.string({
  description: 'a value for ${NAME} in the scenario; it overrides the environment',
  helpValue: 'NAME=value',
  multiple: true,
  multipleNonGreedy: true,
});

export const outFlag = Flags.string({
  helpGroup: MORE,
  description: 'folder of the drills, each with journal.jsonl and result.json',
  helpValue: 'DIR',
  default: '.gameday',
  env: 'GAMEDAY_OUT',
});

const LEDGER = {
  description: 'the ledger, which has one document for each drill: a folder, or s3://BUCKET/PREFIX',
  helpValue: 'URL',
  env: 'GAMEDAY_LEDGER',
};
/** Of commands that end drills: each is added to the ledger, if there is one. */
export const ledgerFlag = Flags.string({ ...LEDGER, helpGroup: MORE });
/** Of commands that read the ledger. */
export const requiredLedgerFlag = Flags.string({ ...LEDGER, required: true });

const HOOKS = { helpValue: 'KIND=VARIABLE', multiple: true, multipleNonGreedy: true } as const;
const BY_VARIABLES =
  'by the names of variables: webhook=HOOK_URL:HOOK_SECRET or slack=SLACK_URL; may be given again';
/** Of commands that run scenarios. */
export const notifyFlag = Flags.string({
  ...HOOKS,
  description: `who is told before the injection and at the end, ${BY_VARIABLES}`,
});
/** Of commands that inject nothing. */
export const notifyEndFlag = Flags.string({
  ...HOOKS,
  description: `who is told at the end, ${BY_VARIABLES}`,
});

/** Of commands that end drills. */
export const annotateFlag = Flags.boolean({
  default: false,
  description: 'annotate the build of this Buildkite job with the drills, by buildkite-agent',
  env: 'GAMEDAY_ANNOTATE',
});

export const agentFlag = Flags.string({
  helpGroup: MORE,
  description:
    'the buildkite-agent of the rig (default: the one named in the rig file, else on PATH, else the built-in stand-in)',
  helpValue: 'PATH',
  env: 'GAMEDAY_AGENT',
});

export const executorFlag = Flags.option({
  helpGroup: MORE,
  description:
    "how the rig runs workers; `container` runs the task definition's own images; `process` has no real PID 1 and can't judge what depends on it",
  options: ['namespace', 'process', 'container'] as const,
  env: 'GAMEDAY_EXECUTOR',
})();

export const yesFlag = Flags.boolean({
  default: false,
  description: 'stop the task without asking for confirmation',
});

export const insecureFlag = Flags.boolean({
  helpGroup: MORE,
  default: false,
  description: 'allow plain http to other hosts; credentials are then sent unencrypted',
});

export const files = Args.string({
  name: 'FILE',
  description: 'scenario files, or shipped scenarios by name: @exec-form',
  required: true,
  multiple: true,
});

/** So many drills fit in one process. */
const MOST_PARALLEL = 1_000;
/** Enough to show a loss rate under 0.1 % three times over. */
const MOST_REPEATS = 10_000;

/** A flag that counts from 1 on. */
function countFlag({
  description,
  most,
  env,
}: {
  readonly description: string;
  readonly most: number;
  readonly env: string;
}) {
  return Flags.custom<number>({
    helpGroup: MORE,
    description: `${description} (1 to ${most})`,
    helpValue: 'N',
    default: 1,
    env,
    parse: async (text, _context, { name }) => {
      const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
      if (count >= 1 && count <= most) return count;
      throw new GamedayError('bad-input', `--${name} "${text}" is no count from 1 to ${most}`, {
        next: `Write it as --${name} 10.`,
      });
    },
  })();
}

/** The flags of `run`. */
export const runFlags = {
  rig: Flags.boolean({
    default: false,
    description: 'run on the rig that the scenario names, never on real services',
  }),
  'dry-run': Flags.boolean({
    default: false,
    description: 'show what would be touched and what each guard answers; send nothing that changes anything',
  }),
  yes: yesFlag,
  json: jsonFlag,
  reporter: reporterFlag(),
  verbose: verboseFlag,
  var: varFlag,
  out: outFlag,
  ledger: ledgerFlag,
  notify: notifyFlag,
  annotate: annotateFlag,
  agent: agentFlag,
  executor: executorFlag,
  'side-by-side': Flags.boolean({
    helpGroup: MORE,
    default: false,
    description: 'print the drills in two columns at the end',
    env: 'GAMEDAY_SIDE_BY_SIDE',
  }),
  parallel: countFlag({
    description:
      'how many drills run at the same time; drills of one service wait for each other, unless safety.drillsAtOnce allows more',
    most: MOST_PARALLEL,
    env: 'GAMEDAY_PARALLEL',
  }),
  repeat: countFlag({
    description: 'how many drills each scenario has',
    most: MOST_REPEATS,
    env: 'GAMEDAY_REPEAT',
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
      throw new GamedayError('bad-input', '--var must be NAME=value, with a NAME of letters, digits and _', {
        next: 'Write it as --var BRANCH=main.',
      });
    }),
  );
}
