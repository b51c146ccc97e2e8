/** What an assistant may call: a command of gameday, with the options that it may set. */
export interface Tool {
  readonly name: string;
  /** The command's words, and what is always given with it. */
  readonly command: readonly string[];
  readonly always: readonly string[];
  /** The options that may be set, by the names of the command's flags. */
  readonly flags: readonly string[];
  /** What stands on the command line without a flag: its name here; null: nothing does. */
  readonly operand: { readonly name: 'files' | 'file' | 'drill'; readonly about: string } | null;
  /** What it does, where that is not what the command's own summary says; null: as the summary says. */
  readonly does: string | null;
  /** Told to the assistant beside that. */
  readonly note: string;
  /** Whether its answer is a text to be read; all other tools answer with a document and a short text of it. */
  readonly isText?: true;
  /** Whether it starts programs on this machine; all other tools only read. */
  readonly runsHere?: true;
}

const SCENARIOS = {
  name: 'files',
  about: 'scenario files, or shipped scenarios by name: @exec-form',
} as const;
const DEFINITION = {
  name: 'file',
  about: 'task definition as JSON, as registered or as printed by describe-task-definition',
} as const;
const DRILL = { name: 'drill', about: 'id or folder of a drill, or path of its journal' } as const;
const READS = 'Only reads are sent to Buildkite and AWS.';
const OFFLINE = 'Nothing is contacted.';

/**
 * Every tool. None changes anything at Buildkite or AWS: a real drill is planned here and started by a person. What a tool may be
 * given is this list; what it calls is written in it, and no input can become another word of the command line.
 */
export const TOOLS: readonly Tool[] = [
  {
    name: 'preflight',
    command: ['preflight'],
    always: [],
    flags: [
      ...[
        'task-definition',
        'pipeline',
        'image-config',
        'dockerfile',
        'hooks',
        'history',
        'container',
        'strict',
      ],
      ...['scenario', 'cluster', 'service', 'capacity-provider', 'var'],
    ],
    operand: null,
    does: null,
    note: `With "task-definition" nothing is contacted; with "scenario", or "cluster" and "service", the running service is read.`,
  },
  {
    name: 'rehearse',
    command: ['rehearse'],
    always: [],
    flags: [
      ...['pipeline', 'step', 'job-length', 'container', 'image', 'image-config', 'dockerfile'],
      ...['programs', 'executor', 'yes', 'out'],
    ],
    operand: DEFINITION,
    does: null,
    note: 'Runs the commands of the definition and of the pipeline ON THIS MACHINE, against stand-ins for Buildkite and ECS; no real service is contacted. Set "yes" only after a person has read those commands and agreed. Takes one to several minutes.',
    runsHere: true,
  },
  {
    name: 'plan',
    command: ['run'],
    always: ['--dry-run'],
    flags: ['var'],
    operand: SCENARIOS,
    does: 'Plan a drill: say what it would touch, and what each safety rule answers.',
    note: `This is a dry run. ${READS} A drill itself cannot be started from here: a person starts it with \`gameday run\`.`,
  },
  {
    name: 'doctor',
    command: ['doctor'],
    always: [],
    flags: ['var'],
    operand: SCENARIOS,
    does: null,
    note: READS,
  },
  {
    name: 'validate',
    command: ['validate'],
    always: [],
    flags: ['var'],
    operand: SCENARIOS,
    does: null,
    note: OFFLINE,
  },
  {
    name: 'forecast',
    command: ['forecast'],
    always: [],
    flags: [
      ...['history', 'pipeline', 'durations', 'step', 'jobs', 'task-definition', 'service', 'image-config'],
      ...[
        'container',
        'launch-type',
        'stop-timeout',
        'signal',
        'utilisation',
        'workers',
        'start-up',
        'idle-drain',
      ],
      ...['minimum-healthy-percent', 'maximum-percent', 'room-percent', 'protection', 'drains', 'out'],
      ...['replications', 'seed'],
    ],
    operand: null,
    does: null,
    note: READS,
  },
  {
    name: 'losses',
    command: ['losses'],
    always: [],
    flags: ['pipeline', 'all', 'since', 'by', 'before-after', 'max', 'cluster', 'service'],
    operand: null,
    does: null,
    note: READS,
  },
  {
    name: 'drills_list',
    command: ['drills', 'list'],
    always: [],
    flags: ['out', 'ledger'],
    operand: null,
    does: null,
    note: OFFLINE,
  },
  {
    name: 'drills_judge',
    command: ['drills', 'judge'],
    always: [],
    flags: ['out'],
    operand: DRILL,
    does: null,
    note: OFFLINE,
  },
  {
    name: 'drills_show',
    command: ['drills', 'show'],
    always: [],
    flags: ['out'],
    operand: DRILL,
    does: null,
    note: OFFLINE,
  },
  {
    name: 'drills_report',
    command: ['drills', 'report'],
    always: [],
    flags: ['out'],
    operand: DRILL,
    does: 'Report a stored drill as Markdown, for a person, a ticket or a chat.',
    note: OFFLINE,
    isText: true,
  },
];
