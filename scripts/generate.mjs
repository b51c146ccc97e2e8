// Writes what is made from the sources: schemas, reference pages, oclif's manifest. `--check` writes nothing and
// names what is stale. Needs a fresh dist.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { z } from 'zod';
import { eventsPage, preflightPage, scenarioPage, verdictsPage } from './reference.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const check = process.argv.includes('--check');

function fromDist(path) {
  return import(new URL(`../dist/${path}`, import.meta.url).href);
}

/** oclif writes its manifest into the folder it looks at, so it looks at a copy. */
function manifest() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gameday-manifest-')));
  try {
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
    // Copied, not linked: oclif resolves links, and the manifest would name commands by the path of this very checkout.
    for (const name of ['dist', 'bin']) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const oclif = join(root, 'node_modules', 'oclif', 'bin', 'run.js');
    const made = spawnSync(process.execPath, [oclif, 'manifest'], { cwd: folder, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`oclif manifest: ${made.stderr}`);
    return readFileSync(join(folder, 'oclif.manifest.json'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first fixture of each rule, looked at by the rules themselves: the page shows what a user would see. */
async function examplesOfRules() {
  const [{ judge }, { subjectOf }, { OFFLINE }, { diffLines }] = await Promise.all([
    fromDist('preflight/judge.js'),
    fromDist('preflight/subject-of.js'),
    fromDist('preflight/documents.js'),
    fromDist('preflight/report.js'),
  ]);
  const names = {
    ...{ taskDefinition: 'task-definition.json', service: 'service.json', pipeline: 'pipeline.yml' },
    ...{ imageConfig: 'image.json', capacityProvider: 'capacity-providers.json', scenario: 'drill.yaml' },
  };
  const places = { of: (document) => ({ name: names[document], position: null }), whole: (_, path) => path };
  return (rule) => {
    const file = join(root, 'test', 'preflight', 'fixtures', `${rule}.json`);
    const [{ bad, name }] = JSON.parse(readFileSync(file, 'utf8')).cases;
    const documents = Object.fromEntries(
      Object.keys(names).map((key) => [
        key,
        bad[key] ? { value: bad[key], base: [], name: names[key] } : null,
      ]),
    );
    const { findings } = judge(subjectOf(documents, { ...OFFLINE, ...bad.live }, 'agent'));
    const finding = findings.find((one) => one.rule === rule);
    return { ...finding, name, diff: finding.edits.flatMap((edit) => diffLines(edit, places)) };
  };
}

async function generated() {
  const [schemas, { EVENTS }, { REASONS, EXIT_CODES }, { Forecast }, { Rehearsal }] = await Promise.all([
    fromDist('scenario/json-schema.js'),
    fromDist('journal/events.js'),
    fromDist('model/reasons.js'),
    fromDist('forecast/document.js'),
    fromDist('rehearsal/document.js'),
  ]);
  const shownBy = JSON.parse(readFileSync(join(root, 'test/preflight/shown-by.json'), 'utf8'));
  const [{ RULES }, preflight] = await Promise.all([fromDist('preflight/list.js'), examplesOfRules()]);
  const { CAUSES } = await fromDist('verdict/causes/list.js');
  const scenario = schemas.scenarioJsonSchema();
  const events = Object.fromEntries(
    Object.entries(EVENTS).map(([code, { text, payload }]) => [
      code,
      { text, schema: z.toJSONSchema(payload) },
    ]),
  );
  return {
    'scenarios/scenario.schema.json': JSON.stringify(scenario),
    'docs/reference/result.schema.json': JSON.stringify(schemas.resultJsonSchema()),
    'docs/reference/forecast.schema.json': JSON.stringify(z.toJSONSchema(Forecast)),
    'docs/reference/rehearsal.schema.json': JSON.stringify(z.toJSONSchema(Rehearsal)),
    'docs/reference/scenario.md': scenarioPage(scenario),
    'docs/reference/events.md': eventsPage(events),
    'docs/reference/preflight.md': preflightPage(RULES, preflight, shownBy),
    'docs/reference/verdicts.md': verdictsPage(REASONS, EXIT_CODES, CAUSES),
    ...(existsSync(join(dist, 'commands')) ? { 'oclif.manifest.json': manifest() } : {}),
  };
}

const stale = [];
for (const [path, text] of Object.entries(await generated())) {
  const file = join(root, path);
  const fresh = await prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
  if (existsSync(file) && readFileSync(file, 'utf8') === fresh) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, fresh);
}
for (const path of stale) console.log(`${check ? 'stale' : 'written'}: ${path}`);
if (check && stale.length > 0) {
  console.error('Run `npm run generate` and commit what it writes.');
  process.exitCode = 1;
}
