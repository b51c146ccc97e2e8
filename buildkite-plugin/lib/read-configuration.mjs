// Reads the step's configuration and prints, each followed by a NUL: the version for npx, then the words of gameday.
// The agent does not check a configuration against plugin.yml, so every mistake is found here, before anything is started.

/** The version that belongs to this plugin. */
const VERSION = '0.1.0';

const REPORTS = {
  html: 'report.html',
  junit: 'junit.xml',
  markdown: 'report.md',
  'test-engine': 'test-engine.json',
};
const COMMANDS = ['run', 'assert', 'certify'];
/** Flags that the plugin gives itself. */
const OWN_FLAGS = /^--(?:out|json|reporter|annotate|ledger|claim|yes|rig)(?:=|$)/;

const mistakes = [];

const folder = process.argv[2];
const words = wordsOf(readConfiguration());
if (mistakes.length > 0) {
  for (const mistake of mistakes) process.stderr.write(`error: gameday plugin: ${mistake}\n`);
  process.exit(2);
}
process.stdout.write(words.map((word) => `${word}\0`).join(''));

function readConfiguration() {
  const text = process.env.BUILDKITE_PLUGIN_CONFIGURATION;
  if (text === undefined) {
    mistakes.push(
      'BUILDKITE_PLUGIN_CONFIGURATION is not set: the agent is too old to tell plugins their configuration, or this is no job',
    );
    return {};
  }
  try {
    const read = JSON.parse(text);
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read;
  } catch {
    // Said below.
  }
  mistakes.push('the configuration is no map of options');
  return {};
}

function wordsOf(given) {
  const {
    command = 'run',
    scenarios,
    rig = false,
    yes = false,
    ledger,
    claim,
    args = [],
    reports = [],
    annotate = true,
    version = VERSION,
    ...unknown
  } = given;
  for (const name of Object.keys(unknown)) mistakes.push(`there is no option "${name}"`);
  check(COMMANDS.includes(command), 'command', `is one of ${COMMANDS.join(', ')}`);
  for (const [name, value] of Object.entries({ rig, yes, annotate }))
    check(typeof value === 'boolean', name, 'is true or false, without quotes');
  for (const [name, value] of Object.entries({ ledger, claim }))
    check(value === undefined || isWord(value), name, 'is a text');
  check(
    typeof version === 'string' && /^[\w.^~-]+$/.test(version),
    'version',
    'is a version of gameday, such as 0.1.0',
  );
  const files = typeof scenarios === 'string' ? [scenarios] : scenarios;
  const isAssert = command === 'assert';
  if (isAssert) check(files === undefined, 'scenarios', 'is for run and certify: assert judges a build');
  else
    check(
      isList(files) && files.length > 0 && files.every((file) => !file.startsWith('-')),
      'scenarios',
      'names one scenario file or a list of them',
    );
  if (isAssert)
    check(rig === false && yes === false, 'rig', 'and yes are for run and certify: assert stops nothing');
  if (command === 'certify')
    check(claim !== undefined && ledger !== undefined, 'claim', 'and ledger are needed by certify');
  else check(claim === undefined, 'claim', 'is for certify');
  check(isList(args), 'args', 'is a list of texts');
  const own = isList(args)
    ? args.slice(0, args.includes('--') ? args.indexOf('--') : undefined).find((word) => OWN_FLAGS.test(word))
    : undefined;
  check(own === undefined, 'args', `has ${own}, which is an option of the plugin or set by it`);
  check(
    isList(reports) && reports.every((name) => Object.hasOwn(REPORTS, name)),
    'reports',
    `is a list of ${Object.keys(REPORTS).join(', ')}`,
  );
  if (mistakes.length > 0) return [];
  return [
    version,
    command,
    ...(files ?? []),
    ...['--out', `${folder}/drills`],
    ...(rig ? ['--rig'] : []),
    ...(yes ? ['--yes'] : []),
    ...(annotate ? ['--annotate'] : []),
    ...(ledger === undefined ? [] : ['--ledger', ledger]),
    ...(claim === undefined ? [] : ['--claim', claim]),
    ...reports.flatMap((name) => ['--reporter', `${name}=${folder}/${REPORTS[name]}`]),
    ...args,
  ];
}

function check(holds, option, rule) {
  if (!holds) mistakes.push(`${option} ${rule}`);
}

function isWord(value) {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

function isList(value) {
  return Array.isArray(value) && value.every(isWord);
}
