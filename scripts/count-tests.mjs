// `count-tests.mjs REPORT.json...`: what vitest's JSON reports hold, as one line of JSON, and the failures in words.
// A later report of the same file speaks for it (a second look at files that failed).
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function casesOf(file) {
  const path = relative(process.cwd(), file.name);
  const cases = file.assertionResults.map(({ fullName, status, failureMessages }) => ({
    name: `${path} > ${fullName}`,
    status,
    message: failureMessages?.[0] ?? '',
  }));
  if (file.status !== 'failed' || cases.some(({ status }) => status === 'failed')) return cases;
  return [...cases, { name: path, status: 'failed', message: file.message ?? '' }];
}

const reports = process.argv.slice(2).map(read);
const files = new Map();
for (const report of reports) for (const file of report?.testResults ?? []) files.set(file.name, file);
const cases = [...files.values()].flatMap(casesOf);
const failed = cases.filter(({ status }) => status === 'failed');
const missing = reports.filter((report) => report === null).length;
const counts = {
  passed: cases.filter(({ status }) => status === 'passed').length,
  failed: failed.length + missing,
  skipped: cases.length - failed.length - cases.filter(({ status }) => status === 'passed').length,
  failedFiles: [...new Set(failed.map(({ name }) => name.split(' > ')[0]))],
};
console.log(JSON.stringify(counts));
if (missing > 0) console.log(`  no report: ${missing} of ${reports.length} runs did not come to their end`);
for (const { name, message } of failed) {
  console.log(`  FAILED ${name}`);
  const lines = message.split('\n').filter((line) => !line.includes('node_modules'));
  for (const line of lines.slice(0, 12)) console.log(`    ${line.slice(0, 300)}`);
}
