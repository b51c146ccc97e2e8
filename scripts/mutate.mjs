// `npm run mutate [name...]`: makes each check and each guard constant in turn, takes each part of each fault away, then spoils
// single rules, in a copy of the tree, and expects a test to fail. A mutant that lives is a rule that no test holds.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const COPIED = ['src', 'test', 'scenarios', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const LIMIT = 300_000;

const finding = (holds) =>
  `judge: () => ({ holds: '${holds}', raises: null, said: 'mutant', notes: [], events: [] })`;
const guardAnswer = (holds) => `judge: () => ({ holds: ${holds}, said: 'mutant' })`;

const KINDS = [
  {
    list: 'src/checks/list.ts',
    type: 'Check',
    mutants: { 'always yes': finding('yes'), 'always unknown': finding('unknown') },
    // The nearest tests first: most mutants die there.
    tests: [['test/checks'], ['test/verdict', 'test/drill', 'test/property']],
  },
  {
    list: 'src/safety/list.ts',
    type: 'Guard',
    mutants: { 'always holds': guardAnswer(true), 'always refuses': guardAnswer(false) },
    tests: [['test/safety'], ['test/drill', 'test/property']],
  },
  {
    list: 'src/verdict/causes/list.ts',
    type: 'Cause',
    mutants: {
      'is never claimed': 'judge: () => null',
      'is always claimed':
        "judge: () => ({ weight: 'proven', said: 'mutant', events: [1], saves: 'mutant', experiment: null })",
    },
    tests: [['test/verdict']],
  },
  {
    list: 'src/faults/list.ts',
    type: 'Fault',
    mutants: {
      'is never inert': 'inert: () => null',
      'reaches nothing': 'reach: () => []',
      'reads nothing': 'subjects: () => []',
      'shows nothing': 'shown: () => []',
      'undoes nothing': 'undo: () => null',
      'hides what is left': 'left: () => []',
      'is over at once': 'over: () => true',
    },
    tests: [
      ['scale-in', 'deployment', 'command', 'drain-instance', 'spot-reclaim'].map(
        (name) => `test/faults/${name}.test.ts`,
      ),
      ['test/faults/undone.test.ts', 'test/safety', 'test/drill'],
    ],
  },
];

const SIDECARS = {
  name: 'sidecars',
  file: 'src/checks/sidecars.ts',
  tests: ['test/checks/sidecars.test.ts'],
};
const WINDOW = {
  name: 'stop-window',
  file: 'src/worker/stop-window.ts',
  tests: ['test/worker/stop-window.test.ts'],
};

const CLOCKS = {
  name: 'clocks',
  file: 'src/evidence/clocks.ts',
  tests: ['test/evidence', 'test/checks', 'test/property/worlds.test.ts'],
};
const STOP = {
  name: 'stop',
  file: 'src/evidence/stop.ts',
  tests: ['test/evidence', 'test/checks', 'test/property/worlds.test.ts'],
};
const HEARD = {
  name: 'heard',
  file: 'src/checks/heard.ts',
  tests: ['test/checks', 'test/property/worlds.test.ts'],
};
const VETO = { name: 'veto', file: 'src/checks/consistent.ts', tests: ['test/checks', 'test/verdict'] };
const WITNESS = {
  name: 'witness',
  file: 'src/evidence/witness.ts',
  tests: ['test/evidence', 'test/checks'],
};
const SWEEP = { name: 'sweep', file: 'src/drill/sweep.ts', tests: ['test/drill'] };

/** Single rules, each with the words that hold it and what spoils them. */
const RULES = [
  { ...SIDECARS, what: 'any exit code', from: 'container.exitCode !== exit', to: 'false' },
  { ...SIDECARS, what: 'no snapshot', from: 'first !== null', to: 'false' },
  { ...SIDECARS, what: 'order unproven', from: '!outlives) return yes', to: 'true) return yes' },
  {
    ...SIDECARS,
    what: 'any order will do',
    from: "order(byInstance(ended, task), sign) !== 'before'",
    to: 'false',
  },
  { ...SIDECARS, what: 'no clocks', from: 'before !== null', to: 'false' },
  { ...SIDECARS, what: "a host's clock", from: '|| instanceArn !== null', to: '' },
  { ...SIDECARS, what: 'anybody was first', from: 'others.length !== 1 ||', to: '' },
  { ...WINDOW, what: 'one dependency deep', from: 'visit(one.name);', to: '' },
  { ...CLOCKS, what: 'no floor', from: 'const LEAST_ERROR = 2_000', to: 'const LEAST_ERROR = 0' },
  { ...CLOCKS, what: 'no error', from: 'Math.max(least, error)', to: 'least' },
  { ...CLOCKS, what: 'one process', from: 'taken <= seq', to: 'false' },
  { ...CLOCKS, what: 'contradictions agree', from: 'if (low <= high) return', to: 'if (true) return' },
  {
    ...CLOCKS,
    what: 'hosts are set right',
    from: 'return estimateAgentAhead(evidence, id)',
    to: 'return NONE',
  },
  { ...CLOCKS, what: 'instances are set right', from: 'return UNKNOWN;\n  }\n}', to: 'return NONE;\n  }\n}' },
  { ...STOP, what: 'no lag', from: 'shiftStamp(latest, readSignalLag(evidence))', to: 'latest' },
  {
    ...STOP,
    what: 'the worker is to blame at once',
    from: 'shiftStamp(latest, readLagBound(evidence).ms)',
    to: 'stop',
  },
  { ...STOP, what: 'no dependants', from: '?.stop.agent.signalled ?? 0', to: '?.stop.agent.signalled && 0' },
  { ...STOP, what: 'no load balancer', from: 'const from = balanced?.last ?? stop', to: 'const from = stop' },
  {
    ...STOP,
    what: 'old copies hide nothing',
    from: 'old !== undefined && old.seq < past.seq ?',
    to: 'false ?',
  },
  {
    ...STOP,
    what: 'lost looks hide nothing',
    from: 'if (failed !== undefined && failed.seq < past.seq)',
    to: 'if (false)',
  },
  {
    ...STOP,
    what: 'held up by nothing',
    from: 'findLastUnsignalled(evidence, injection) ?? stop',
    to: 'stop',
  },
  { ...STOP, what: 'any start is sure', from: "sure.reaches === 'yes'", to: 'true' },
  { ...HEARD, what: 'any report', from: "order(report, window.reportBy) === 'after'", to: 'false' },
  { ...HEARD, what: 'an early report', from: "order(report, window.from) === 'before'", to: 'false' },
  {
    ...HEARD,
    what: 'silence is consent',
    from: 'if (isReportingStops(evidence, seen.value))',
    to: 'if (false)',
  },
  { ...HEARD, what: 'any start hears', from: "if (path.reaches === 'yes')", to: 'if (true)' },
  { ...HEARD, what: 'late is at once', from: 'ms > AT_ONCE ||', to: '' },
  { ...HEARD, what: 'no uptime', from: 'uptime !== null && hasRunOut', to: 'false && hasRunOut' },
  { ...VETO, what: 'crashed before', from: '  findEarlyContainerEnd,\n', to: '' },
  { ...VETO, what: 'left before', from: '  findEarlyDeparture,\n', to: '' },
  { ...VETO, what: 'another container', from: '  judgeWrongContainer,\n', to: '' },
  { ...VETO, what: 'lost and returned', from: '  findReturnedJob,\n', to: '' },
  { ...VETO, what: 'an old copy', from: '  findOldRead,\n', to: '' },
  { ...VETO, what: 'a start that keeps it', from: '  findKeptSignal,\n', to: '' },
  { ...WITNESS, what: 'no time at all', from: 'longest >= IDLE_FOR', to: 'longest >= 0' },
  { ...WITNESS, what: 'any definition', from: '!== revision) continue', to: '=== null) continue' },
  { ...SWEEP, what: 'no sweep', from: 'if (unread.length > 0) return', to: 'if (false) return' },
  { ...WINDOW, what: 'no sum', from: 'sum + ms', to: 'Math.max(sum, ms)' },
  {
    ...WINDOW,
    what: 'not reversed',
    from: 'chainOf(one, dependantsIn(lasting), step).toReversed()',
    to: 'chainOf(one, dependantsIn(lasting), step)',
  },
  { ...WINDOW, what: 'no ceiling', from: "kind === 'fargate' ? Math.min(", to: 'false ? Math.min(' },
  { ...WINDOW, what: 'no default', from: 'ms: DEFAULT_STOP_TIMEOUT', to: 'ms: 0' },
  { ...WINDOW, what: 'spot cuts nobody', from: 'killed > limit', to: 'false' },
  {
    ...WINDOW,
    what: 'spot is no limit',
    from: 'launch.spot === true ? SPOT_NOTICE',
    to: 'false ? SPOT_NOTICE',
  },
];

/** The members of a list, each with the file that exports it. */
function membersOf({ list, type }) {
  const text = readFileSync(join(root, list), 'utf8');
  const files = new Map();
  for (const [, names, from] of text.matchAll(/^import \{ ([^}]+) \} from '(\.\/[^']+)';$/gm))
    for (const name of names.split(',')) files.set(name.trim(), normalize(join(dirname(list), from)));
  const [, body = ''] = /= [[{]([\s\S]*?)[\]}];/.exec(text) ?? [];
  // Of an entry of a record the value counts, which is its key where only that is written.
  const names = [...body.matchAll(/(?:[\w'-]+: )?(\w+),/g)].map(([, name]) => name);
  const members = [...new Set(names)].map((name) => ({ name, file: files.get(name), type }));
  if (members.length === 0 || members.some(({ file }) => file === undefined))
    throw new Error(`${list} is not a plain list of imported names`);
  return members;
}

function mutated(text, { name, type }, part) {
  const head = `export const ${name}: ${type} =`;
  if (!text.includes(head)) throw new Error(`no "${head}" in its file`);
  return `${text.replace(head, `const original_${name}: ${type} =`)}\nexport const ${name}: ${type} = { ...original_${name}, ${part} };\n`;
}

function testsFail(copy, folders) {
  const vitest = join(copy, 'node_modules', 'vitest', 'vitest.mjs');
  const ran = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', 'unit', '--bail=1', '--reporter=json', ...folders],
    {
      cwd: copy,
      encoding: 'utf8',
      timeout: LIMIT,
      maxBuffer: 1 << 28,
      env: { ...process.env, CI: 'true', GAMEDAY_FUZZ_RUNS: '50' },
    },
  );
  if (ran.status === 0) return null;
  try {
    const report = JSON.parse(ran.stdout.slice(ran.stdout.indexOf('{"num')));
    const failed = report.testResults
      .flatMap((file) => file.assertionResults)
      .find(({ status }) => status === 'failed');
    return failed?.fullName ?? 'a file that did not load';
  } catch {
    return 'the run did not come to its end';
  }
}

/** The text with a rule spoilt; words that are not there exactly once would spoil something else. */
function spoilt(text, { file, what, from, to }) {
  if (text.split(from).length !== 2) throw new Error(`${file}, ${what}: "${from}" is not there once`);
  return text.replace(from, () => to);
}

function tell(name, what, by) {
  if (by === null) lived += 1;
  else killed += 1;
  const line = `${by === null ? 'LIVES ' : 'killed'}  ${name.padEnd(20)} ${what.padEnd(20)} ${by ?? ''}`;
  console.log(line.trimEnd());
}

const wanted = process.argv.slice(2);
const isWanted = ({ name }) => wanted.length === 0 || wanted.includes(name);
const copy = mkdtempSync(join(tmpdir(), 'gameday-mutants-'));
let [killed, lived] = [0, 0];
try {
  for (const path of COPIED) cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const kind of KINDS) {
    const members = membersOf(kind).filter(isWanted);
    if (members.length === 0) continue;
    for (const folders of kind.tests) {
      const broken = testsFail(copy, folders);
      if (broken !== null) throw new Error(`without a mutant ${folders.join(', ')} fails already: ${broken}`);
    }
    for (const member of members) {
      const file = join(copy, member.file);
      const text = readFileSync(file, 'utf8');
      for (const [what, part] of Object.entries(kind.mutants)) {
        // What it is already cannot be noticed.
        if (text.includes(`  ${part},\n`)) continue;
        writeFileSync(file, mutated(text, member, part));
        let by = null;
        for (const folders of kind.tests) by ??= testsFail(copy, folders);
        writeFileSync(file, text);
        tell(member.name, what, by);
      }
    }
  }
  for (const rule of RULES.filter(isWanted)) {
    const file = join(copy, rule.file);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, spoilt(text, rule));
    tell(rule.name, rule.what, testsFail(copy, rule.tests));
    writeFileSync(file, text);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${killed} mutants killed, ${lived} live`);
process.exitCode = lived === 0 && killed > 0 ? 0 : 1;
