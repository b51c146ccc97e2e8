// `npm run check [name...]`: everything that is checked without running a test, two at a time; what failed is shown whole at the end.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Checks that build, or need a build, come last and one after another. */
const CHECKS = [
  { name: 'lint', run: ['npm', 'run', '--silent', 'lint'] },
  { name: 'types', run: ['npm', 'run', '--silent', 'types'] },
  { name: 'format', run: ['npm', 'run', '--silent', 'format:check'] },
  { name: 'walls', run: ['npm', 'run', '--silent', 'walls'] },
  { name: 'unused', run: ['npm', 'run', '--silent', 'unused'] },
  { name: 'schema', run: ['npm', 'run', '--silent', 'schema'] },
  { name: 'build', run: ['node', 'scripts/check-build.mjs'] },
  { name: 'generated', run: ['npm', 'run', '--silent', 'generate:check'] },
];

function run({ name, run: [command, ...args] }) {
  const since = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('error', (error) => (output += error.message));
    child.on('close', (code) => {
      const passed = code === 0;
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      console.log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(10)} ${seconds.padStart(6)} s`);
      resolve({ name, passed, output });
    });
  });
}

async function runAll(checks) {
  const waiting = [...checks];
  const results = [];
  const take = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results.push(await run(next));
  };
  await Promise.all([take(), take()]);
  return results;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !CHECKS.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `No such check: ${unknown.join(', ')}. There are: ${CHECKS.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}
const results = await runAll(CHECKS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)));
const failed = results.filter(({ passed }) => !passed);
for (const { name, output } of failed) console.log(`\n== ${name}\n${output.trimEnd().slice(-20_000)}`);
console.log(`\n${results.length - failed.length} checks passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
