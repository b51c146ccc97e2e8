// The walls of the house: which room may import which. CONTRIBUTING.md says what each room is for.
// Type-only imports count: a type that crosses a wall is knowledge that crosses it.

/** The words that every room may use: the ground floor. */
const MODEL = '^src/model/';
/** The journal as a record: its events. The rest of its room keeps them in a file. */
const RECORD = '^src/journal/events\\.ts$';
/** What the record shows: its index, attempts, hits, and the order of instants. */
const EVIDENCE = '^src/evidence/';
/** How a worker is built: its start, its agent's flags, its stop. */
const WORKER = '^src/worker/';
/** How something is held by one process alone. */
const LOCKFILE = '^src/lockfile/';
/** What a scenario and a plan are: the schema alone, without the text that it is read from. */
const SCENARIO =
  '^src/scenario/(schema|when|inject|expect|notify|stored|duration|plan|subjects|problem)\\.ts$';
const RESULT = '^src/verdict/(result|moment|counted)\\.ts$';
const DISK = '^src/disk/';
const PORTS =
  '^src/(buildkite|ecs|auto-scaling|fis|store|surroundings|user-command|counters|notify)/port\\.ts$';
/** The files of a drill that act: all others decide. */
const ACTING =
  '^src/drill/(run|ports|perform|notify|end-command|observer|outlast|((ecs|agent|scaling|fis|counter)-)?questions|look|mapped-tasks)\\.ts$';
const PURE =
  '^src/(model|worker|evidence|state|drill|faults|triggers|checks|safety|verdict|scenario|forecast|preflight|rehearsal|iam|study|doctor|statistics|claim|ledger|pipeline|merge|losses|gate|certify|init|mcp)/|^src/journal/events\\.ts$';
/** Files of a capability that turn its answer into text: pure, above the rules and below whoever prints. */
const SHOWING =
  '^src/(preflight|forecast|rehearsal|iam|study|assertion|doctor|ledger|pipeline|merge|losses|gate|certify|init|mcp)/(report|card|sarif|plot|svg)\\.ts$';
/** Files of a capability that read, ask and run: its options and its command service. */
const SERVING =
  '^src/(preflight|forecast|rehearsal|iam|study|assertion|doctor|ledger|pipeline|merge|losses|gate|certify|init|mcp)/(options|service|examine|files|live|window-files|measured-drains|past-cache|past-jobs|input|machine|cache|journals|nights|past-builds|histories|pages|ecs-deployments|leftovers)\\.ts$';

/** The packages that src may import. */
const BUNDLED = [
  '@aws-sdk/client-application-auto-scaling',
  '@aws-sdk/client-ecs',
  '@aws-sdk/client-s3',
  '@aws-sdk/core',
  '@aws-sdk/credential-provider-node',
  '@aws-sdk/nested-clients',
  '@hono/node-server',
  '@inquirer/confirm',
  '@inquirer/input',
  '@inquirer/select',
  '@modelcontextprotocol/sdk',
  '@oclif/core',
  '@opentelemetry/api',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
  '@smithy/core',
  'dockerfile-ast',
  'graphql',
  'hono',
  'jsonc-parser',
  'picocolors',
  'string-width',
  'yaml',
  'zod',
];

/** A room and the only places it may import from (itself included, libraries apart). */
function only(name, comment, from, allowed, fromNot = []) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: from, pathNot: fromNot },
    to: { path: '^src/', pathNot: [from, ...allowed] },
  };
}

/** Two places that never meet. */
function never(name, comment, from, to, fromNot = []) {
  return { name, comment, severity: 'error', from: { path: from, pathNot: fromNot }, to: { path: to } };
}

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that import each other are one file, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that does not exist is found here, not on a machine of a user.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'src-imports-what-is-bundled',
      comment: 'All packages are development dependencies; these alone come into the bundle (decision 0006).',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/', pathNot: `node_modules/(${BUNDLED.join('|')})/` },
    },
    never(
      'src-stands-alone',
      'The product knows nothing of its tests and tools.',
      '^src/',
      '^(test|bench|scripts)/',
    ),

    // The rig: a program of its own, so that one misreading of a service cannot sit on both sides.
    never(
      'rig-imports-nothing',
      'The rig shares no code, type or constant with the product.',
      '^src/rig/',
      '^src/(?!rig/)',
    ),
    never('nobody-imports-the-rig', 'It is forked, never imported.', '^src/(?!rig/)', '^src/rig/'),
    never(
      'rig-buildkite-knows-no-worker',
      'A loss is found from missing heartbeats, so Buildkite must not be able to look at a worker.',
      '^src/rig/buildkite/',
      '^src/rig/(ecs|workers|stand-in-agent)/',
    ),
    never(
      'rig-ecs-knows-no-buildkite',
      'Nor must ECS know what runs on its tasks.',
      '^src/rig/(ecs|workers)/',
      '^src/rig/(buildkite|stand-in-agent)/',
    ),
    never(
      'stand-in-agent-stands-alone',
      'It reaches the rig by HTTP, as a real agent does.',
      '^src/rig/stand-in-agent/',
      '^src/rig/(?!stand-in-agent/)',
    ),

    // Clients: behind their ports.
    never(
      'one-wiring',
      'Only cli/wire.ts builds clients.',
      '^src/(?!cli/wire\\.ts)',
      '^src/(buildkite|ecs|auto-scaling|fis|store|surroundings|user-command|counters|notify)/(?!port\\.ts)',
      ['^src/(buildkite|ecs|auto-scaling|fis|store|surroundings|user-command|counters|notify)/'],
    ),
    only(
      'buildkite-client',
      'A client imports its port, our words and what clients share over HTTP.',
      '^src/buildkite/',
      [MODEL, '^src/http/'],
    ),
    only(
      'ecs-client',
      'A client imports its port, our words and what clients share over HTTP; how a definition is written is read where it is known.',
      '^src/ecs/',
      [MODEL, '^src/http/', '^src/worker/definition\\.ts$'],
    ),
    only(
      'auto-scaling-client',
      'A client of AWS beside that of ECS shares its handler, credentials, rules and clock.',
      '^src/auto-scaling/',
      [MODEL, '^src/http/', '^src/ecs/(sdk|failure)\\.ts$'],
    ),
    only(
      'fis-client',
      'A client of another service of AWS goes through what the client of ECS shares: credentials, handler, clock.',
      '^src/fis/',
      [MODEL, '^src/http/', '^src/ecs/(sdk|failure)\\.ts$'],
    ),
    only(
      'store',
      'Documents in a folder, or on S3 by what the client of ECS shares: credentials, handler, clock.',
      '^src/store/',
      [MODEL, DISK, '^src/http/', '^src/ecs/(sdk|failure)\\.ts$'],
    ),
    only(
      'surroundings-client',
      'A client imports its port, our words and what clients share over HTTP.',
      '^src/surroundings/',
      [MODEL, '^src/http/', LOCKFILE, DISK, '^src/store/port\\.ts$'],
    ),
    only(
      'counters-client',
      'It asks over HTTP, or has a command run, and knows our words.',
      '^src/counters/',
      [MODEL, '^src/http/', '^src/user-command/port\\.ts$'],
    ),
    only('notify-client', 'It tells over HTTP, and knows our words.', '^src/notify/', [MODEL, '^src/http/']),
    only('user-command-client', 'It starts a process, and knows our words.', '^src/user-command/', [MODEL]),
    only('telemetry', 'It sends spans, whatever they tell.', '^src/telemetry/', ['^src/report/traces\\.ts$']),
    only('disk-knows-nothing', 'Folders are made for whoever writes.', DISK, []),
    only('http-serves-clients', 'It knows our words and no service.', '^src/http/', [MODEL]),
    {
      name: 'sdks-stay-with-clients',
      comment: 'SDK types and errors end at the port; what a profile says is read before there is a client.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/(ecs|auto-scaling|fis|store|buildkite|rig)/', '^src/cli/aws-profile\\.ts$'],
      },
      to: { path: 'node_modules/(@aws-sdk|@smithy|graphql)/' },
    },

    // The pure rooms, each importing only what stands to its left.
    {
      name: 'pure-rooms-are-pure',
      comment: 'No file, socket, clock or randomness where it is decided and judged.',
      severity: 'error',
      from: {
        path: PURE,
        pathNot: ['^src/scenario/(load|shipped)\\.ts$', '^src/ledger/seal\\.ts$', SERVING],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-rooms-know-few-libraries',
      comment:
        'zod describes, yaml, jsonc-parser and dockerfile-ast read what people write; nothing else is needed to decide.',
      severity: 'error',
      from: { path: PURE, pathNot: [SERVING, SHOWING] },
      to: {
        path: 'node_modules/',
        pathNot: ['node_modules/(zod|yaml|jsonc-parser|dockerfile-ast)/'],
      },
    },
    only('model-first', 'The words import nothing.', '^src/model/', []),
    only('statistics', 'Bounds of rates: numbers in, numbers out.', '^src/statistics/', []),
    only('claim', 'A claim is judged over what drills came to, by bounds.', '^src/claim/', [
      '^src/statistics/',
    ]),
    only('worker-second', 'What a definition says of a worker, read once.', WORKER, [MODEL]),
    never(
      'one-reader-of-a-worker',
      'Command lines are read by the worker and changed by preflight; all others ask what was read.',
      '^src/(?!worker/|preflight/|rehearsal/|cli/)',
      '^src/worker/(argv|shell|start|read-settings)\\.ts$',
    ),
    only('scenario-third', 'The one schema of a scenario, and the plan that follows from it.', SCENARIO, [
      MODEL,
      WORKER,
    ]),
    only('record-fourth', 'The journal speaks in those words.', RECORD, [MODEL, WORKER, SCENARIO]),
    only('evidence-fifth', 'What the record shows, found once for everybody.', EVIDENCE, [
      MODEL,
      WORKER,
      SCENARIO,
      RECORD,
    ]),
    only('checks-sixth', 'A question is asked of the record alone.', '^src/checks/', [
      MODEL,
      WORKER,
      SCENARIO,
      RECORD,
      EVIDENCE,
    ]),
    only('state-seventh', 'The fold of the record, and what a next step can be.', '^src/state/', [
      MODEL,
      SCENARIO,
      RECORD,
      EVIDENCE,
      '^src/checks/',
    ]),
    only('deeds-eighth', 'A fault answers with a step, a trigger with a target.', '^src/(faults|triggers)/', [
      MODEL,
      WORKER,
      SCENARIO,
      RECORD,
      EVIDENCE,
      '^src/checks/',
      '^src/state/',
    ]),
    never('faults-and-triggers-apart', 'When and how are chosen apart.', '^src/faults/', '^src/triggers/'),
    never('triggers-and-faults-apart', 'When and how are chosen apart.', '^src/triggers/', '^src/faults/'),
    only('guards-ninth', 'A guard is asked about all that would be done.', '^src/safety/', [
      MODEL,
      SCENARIO,
      RECORD,
      EVIDENCE,
      '^src/(checks|state|faults|triggers)/',
    ]),
    never(
      'only-faults-inject',
      'How a call is sent once is shared by the faults; whoever asks or judges does not need it.',
      '^src/(triggers|safety)/',
      ['^src/state/trouble\\.ts$', '^src/faults/(?!(list|fault)\\.ts$)'],
    ),
    only(
      'drill-above-them',
      'One drill: what is decided next, and the one loop that does it.',
      '^src/drill/',
      [
        MODEL,
        WORKER,
        SCENARIO,
        '^src/(journal|evidence|checks|state|faults|triggers|safety|verdict|preflight)/',
        PORTS,
      ],
    ),
    only(
      'drills-in-parallel',
      'What many drills ask is sent together: it knows how one drill asks, the ports, and no client.',
      '^src/parallel/',
      [
        MODEL,
        '^src/state/(state|step|points)\\.ts$',
        '^src/drill/(observer|ports|pace|batches|questions|hidden)\\.ts$',
        PORTS,
      ],
    ),
    only(
      'preflight',
      'A look at documents: its rules know no drill, no client and no file.',
      '^src/preflight/',
      [MODEL, WORKER],
      [SERVING, SHOWING],
    ),
    only(
      'iam',
      'Rights follow from what faults and triggers say that they need, and from a journal.',
      '^src/iam/',
      [MODEL, SCENARIO, RECORD, EVIDENCE, '^src/(faults|triggers)/(list|fault)\\.ts$'],
      [SERVING, SHOWING],
    ),
    only('scenario', 'What a person writes becomes a plan.', '^src/scenario/', [MODEL, WORKER]),
    only(
      'forecast',
      'What stops would do follows from durations and from what preflight reads of a definition.',
      '^src/forecast/',
      [MODEL, WORKER, '^src/scenario/duration\\.ts$', '^src/preflight/'],
      [SERVING, SHOWING],
    ),
    only(
      'losses',
      'What was lost is counted from builds as the port lists them, and concluded with the bounds that all share.',
      '^src/losses/',
      [MODEL, '^src/statistics/', '^src/buildkite/port\\.ts$'],
      [SERVING, SHOWING],
    ),
    only(
      'rehearsal',
      'From a definition to the drills of its rehearsal: data in, data out.',
      '^src/rehearsal/',
      [
        WORKER,
        '^src/model/instants\\.ts$',
        '^src/preflight/',
        '^src/scenario/duration\\.ts$',
        '^src/verdict/(account|result)\\.ts$',
      ],
      [SERVING, SHOWING],
    ),
    only(
      'study',
      'What the drills of each arm came to, measured.',
      '^src/study/',
      [RESULT],
      [SERVING, SHOWING],
    ),
    only(
      'ledger',
      'A document follows from a journal and its verdict alone; seal.ts alone computes digests.',
      '^src/ledger/',
      [MODEL, WORKER, SCENARIO, RECORD, EVIDENCE, '^src/verdict/', '^src/store/port\\.ts$'],
      [SERVING, SHOWING],
    ),
    only(
      'pipeline',
      'The steps of a build follow from the scenarios alone.',
      '^src/pipeline/',
      [MODEL, SCENARIO],
      [SERVING, SHOWING],
    ),
    only(
      'merge',
      'One result of many follows from their journals, by the verdict.',
      '^src/merge/',
      [MODEL, RECORD, '^src/state/state\\.ts$', '^src/verdict/(account|judge|result|summarize)\\.ts$'],
      [SERVING, SHOWING],
    ),
    only(
      'gate',
      'Which drills of a ledger are about a worker, and whether they show a claim.',
      '^src/(gate|certify)/',
      [MODEL, WORKER, '^src/(statistics|claim|ledger)/', '^src/store/port\\.ts$'],
      [SERVING, SHOWING],
    ),
    only(
      'doctor',
      'What a drill would meet is judged from what was read, by the rules that a drill itself asks.',
      '^src/doctor/',
      [
        MODEL,
        RECORD,
        SCENARIO,
        '^src/(state|preflight|iam|evidence)/',
        '^src/checks/heard\\.ts$',
        '^src/drill/(gate|access)\\.ts$',
        '^src/scenario/subjects\\.ts$',
        '^src/(buildkite|store)/port\\.ts$',
      ],
      [SERVING, SHOWING],
    ),
    only(
      'mcp',
      'What an assistant may call, as command lines: it knows commands by their words alone.',
      '^src/mcp/',
      [MODEL],
      [SERVING, SHOWING],
    ),
    only(
      'init',
      'The files of a beginner follow from the answers alone.',
      '^src/init/',
      ['^src/pipeline/shell\\.ts$', MODEL],
      [SERVING, SHOWING],
    ),
    only(
      'verdict',
      'A verdict is a function of the journal; its cause is drawn from the rules of preflight too, which are as pure.',
      '^src/verdict/',
      [
        MODEL,
        WORKER,
        SCENARIO,
        RECORD,
        EVIDENCE,
        '^src/(checks|preflight)/',
        '^src/faults/(list|fault)\\.ts$',
      ],
    ),
    never('deciding-does-not-act', 'Only what acts may hold a port.', '^src/drill/', PORTS, [ACTING]),
    never('one-loop', 'Only the loop performs.', '^src/drill/', '^src/drill/(run|perform|observer)\\.ts$', [
      ACTING,
    ]),
    never(
      'drill-knows-no-shell',
      'A drill does not know how it is started or shown.',
      '^src/(model|worker|evidence|state|drill|faults|triggers|checks|safety|verdict|scenario|forecast|preflight|rehearsal|iam|study|doctor|statistics|claim|ledger|pipeline|merge|losses|gate|certify|init|mcp)/',
      '^src/(cli|commands|report)/',
      [SERVING, SHOWING],
    ),

    // Capabilities: what a person asks for beside drills. Each keeps its options, its service and its report.
    only(
      'capability-shows',
      'A report of a capability turns its answer into text with what reports share.',
      SHOWING,
      [
        MODEL,
        RESULT,
        '^src/(report|preflight|forecast|rehearsal|iam|study|doctor|ledger|pipeline|merge|losses|claim|gate|certify|init|mcp)/',
        '^src/journal/escape\\.ts$',
      ],
    ),
    only(
      'capability-serves',
      'A service reads files, asks ports and runs drills by what the CLI hands to it; it builds no client.',
      SERVING,
      [
        MODEL,
        WORKER,
        '^src/(preflight|forecast|rehearsal|iam|study|doctor|ledger|pipeline|merge|losses|claim|gate|certify|init|mcp|statistics|report|scenario|journal|evidence|verdict)/',
        '^src/drill/(gate|look|mapped-tasks|questions|run)\\.ts$',
        '^src/state/(state|trouble)\\.ts$',
        '^src/safety/(list|guard)\\.ts$',
        '^src/http/(clock|endpoint)\\.ts$',
        '^src/cli/(?!wire\\.ts)',
        DISK,
        PORTS,
      ],
    ),
    never(
      'nobody-imports-a-service',
      'Only commands and other services stand above a service; rules and reports of its own room do not know it.',
      '^src/',
      SERVING,
      [SERVING, '^src/commands/'],
    ),
    never('nobody-imports-its-report', 'Text is made last.', '^src/', SHOWING, [SERVING, SHOWING]),

    // The shell.
    only('report', 'A reporter turns events and results into text.', '^src/report/', [
      MODEL,
      SCENARIO,
      RESULT,
      // The live block says when SIGKILL is due: that is drawn from the record, as the verdict is.
      '^src/evidence/(evidence|agent-container|kill-time)\\.ts$',
      '^src/journal/(events|escape)\\.ts$',
      '^src/state/(state|usual-time)\\.ts$',
    ]),
    {
      name: 'report-writes-to-what-it-is-given',
      comment: 'Its stream and its clock are parameters.',
      severity: 'error',
      from: { path: ['^src/report/', SHOWING] },
      to: { dependencyTypes: ['core'] },
    },
    only('journal', 'The journal file knows events, and nothing that makes them.', '^src/journal/', [
      MODEL,
      WORKER,
      SCENARIO,
      DISK,
      LOCKFILE,
    ]),
    only(
      'lockfile',
      'One way to hold something alone, for the journal and for the state directory.',
      LOCKFILE,
      [],
    ),
    only('commands-are-thin', 'Flags, one call, one result.', '^src/commands/', ['^src/cli/', SERVING]),
    never(
      'nobody-imports-commands',
      'oclif finds them by their place.',
      '^src/(?!commands/)',
      '^src/commands/',
    ),
    never(
      'nobody-imports-cli',
      'Only commands and the services of capabilities stand above it.',
      '^src/(?!cli/|commands/)',
      '^src/cli/',
      [SERVING],
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
