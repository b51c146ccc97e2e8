// `npm run advisories`: asks the registry which of the locked packages have known advisories. Not every registry answers that
// question (a mirror often does not); then it says so and ends well, for silence is no finding. `--record FILE` keeps the answer.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const NPM = process.env.GAMEDAY_NPM ?? 'npm';
const PATIENCE_MS = 60_000;

/** What the registry said: `asked` false where it gave no answer, and why. */
function answerOf() {
  const args = [
    'audit',
    '--audit',
    '--json',
    '--package-lock-only',
    '--fetch-retries=0',
    '--fetch-timeout=20000',
  ];
  const { stdout, error } = spawnSync(NPM, args, { cwd: root, encoding: 'utf8', timeout: PATIENCE_MS });
  if (error !== undefined) return { asked: false, why: error.message };
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return { asked: false, why: 'npm gave no report' };
  }
  // A registry that says 404 leaves an empty report or an error; only one that counted has answered.
  if (report.error !== undefined || report.metadata?.vulnerabilities?.total === undefined)
    return { asked: false, why: report.message ?? report.error?.summary ?? 'the report holds no count' };
  const found = Object.values(report.vulnerabilities ?? {}).map(({ name, severity, range }) => ({
    name,
    severity,
    range,
  }));
  return { asked: true, found };
}

const packages =
  Object.keys(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages).length - 1;
const answer = answerOf();
const at = process.argv.indexOf('--record');
if (at !== -1) {
  const record = { date: new Date().toISOString().slice(0, 10), packages, ...answer };
  writeFileSync(process.argv[at + 1], `${JSON.stringify(record, null, 2)}\n`);
}
if (!answer.asked)
  console.log(`NOT CHECKED: the registry did not answer for ${packages} packages: ${answer.why}`);
else if (answer.found.length === 0) console.log(`no advisories for ${packages} packages`);
else for (const { name, severity, range } of answer.found) console.log(`${severity}: ${name} ${range}`);
process.exitCode = answer.asked && answer.found.length > 0 ? 1 : 0;
