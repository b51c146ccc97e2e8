// Writes what is made from the sources: schemas, reference pages, oclif's manifest, the manual page. `--check` writes nothing and
// names what is stale. Needs a fresh dist.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import * as prettier from 'prettier';
import { stringify } from 'yaml';
import { z } from 'zod';
import {
  eventsPage,
  namesModule,
  packagesPage,
  preflightPage,
  scenarioPage,
  verdictsPage,
} from './reference.mjs';
import { manPage } from './man-page.mjs';
import { importSources } from './sources.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');

/** What oclif reads instead of loading the commands, as its own `oclif manifest` would write it. */
async function manifest() {
  const plugin = new Plugin({
    root,
    ...{ ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true },
  });
  await plugin.load();
  return plugin.manifest;
}

/** The first fixture of each rule, looked at by the rules themselves: the page shows what a user would see. */
function examplesOfRules({ judgeTogether }, { readPipeline }, { OFFLINE }, { diffLines }) {
  const names = {
    ...{ taskDefinition: 'task-definition.json', service: 'service.json', pipeline: 'pipeline.yml' },
    ...{ imageConfig: 'image.json', capacityProvider: 'capacity-providers.json', scenario: 'drill.yaml' },
    hooks: 'hooks',
  };
  const places = {
    of: (document, [file]) => ({
      name: document === 'hooks' ? `hooks/${file}` : names[document],
      position: null,
    }),
    whole: (_, path) => path,
    written: (document) => (document === 'hooks' ? { has: () => true, line: (_, value) => value } : null),
  };
  return (rule) => {
    const file = join(root, 'test', 'preflight', 'fixtures', `${rule}.json`);
    const [{ bad, name }] = JSON.parse(readFileSync(file, 'utf8')).cases;
    const documents = Object.fromEntries(
      Object.keys(names).map((key) => [
        key,
        bad[key] ? { value: bad[key], base: [], name: names[key] } : null,
      ]),
    );
    const { findings } = judgeTogether(documents, { ...OFFLINE, ...bad.live }, 'agent');
    const finding = findings.find((one) => one.rule === rule);
    const steps = bad.pipeline ? readPipeline(stringify(bad.pipeline)) : null;
    const hunks = ({ document, path, after }) => (document === 'pipeline' ? steps.change(path, after) : null);
    return { ...finding, name, diff: finding.edits.flatMap((edit) => diffLines(edit, { ...places, hunks })) };
  };
}

/** The time line of a drill that was recorded on the rig: `docs/pictures/SIDE.yaml` is its scenario. */
function pictureOf(side, { pictures, summaries }) {
  const lines = readFileSync(join(root, 'docs', 'pictures', `${side}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  return pictures.timeLineSvg([
    summaries.summarizeDrill(
      lines.map((line) => JSON.parse(line)),
      null,
    ),
  ]);
}

async function generated() {
  const modules = await importSources({
    schemas: 'scenario/json-schema.ts',
    results: 'verdict/result.ts',
    events: 'journal/events.ts',
    reasons: 'model/reasons.ts',
    notices: 'notify/body.ts',
    forecast: 'forecast/document.ts',
    rehearsal: 'rehearsal/document.ts',
    rules: 'preflight/list.ts',
    causes: 'verdict/causes/list.ts',
    checks: 'checks/list.ts',
    guards: 'safety/list.ts',
    together: 'preflight/one-change.ts',
    yaml: 'preflight/yaml.ts',
    documents: 'preflight/documents.ts',
    report: 'preflight/report.ts',
    pictures: 'report/time-line-svg.ts',
    summaries: 'verdict/summarize.ts',
    groups: 'cli/command-groups.ts',
    exits: 'cli/exit-codes.ts',
  });
  const { schemas, together, yaml, documents, report } = modules;
  const preflight = examplesOfRules(together, yaml, documents, report);
  const shownBy = JSON.parse(readFileSync(join(root, 'test/preflight/shown-by.json'), 'utf8'));
  const scenario = schemas.makeScenarioJsonSchema();
  const events = Object.fromEntries(
    Object.entries(modules.events.EVENTS).map(([code, { text, payload }]) => [
      code,
      { text, schema: z.toJSONSchema(payload) },
    ]),
  );
  const commands = await manifest();
  const described = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return {
    'scenarios/scenario.schema.json': JSON.stringify(scenario),
    'docs/reference/result.schema.json': JSON.stringify(modules.results.resultJsonSchema()),
    'docs/reference/notice.schema.json': JSON.stringify(z.toJSONSchema(modules.notices.NoticeBody)),
    'docs/reference/forecast.schema.json': JSON.stringify(z.toJSONSchema(modules.forecast.Forecast)),
    'docs/reference/rehearsal.schema.json': JSON.stringify(z.toJSONSchema(modules.rehearsal.Rehearsal)),
    'src/model/names.ts': namesModule(modules.checks.CHECKS, modules.guards.GUARDS, modules.causes.CAUSES),
    'docs/reference/scenario.md': scenarioPage(scenario),
    'docs/reference/events.md': eventsPage(events),
    'docs/reference/preflight.md': preflightPage(modules.rules.RULES, preflight, shownBy),
    'docs/reference/verdicts.md': verdictsPage(
      modules.reasons.REASONS,
      modules.reasons.EXIT_CODES,
      modules.causes.CAUSES,
    ),
    'docs/reference/bundled-packages.md': packagesPage(
      JSON.parse(readFileSync(join(root, 'dist', 'packages.json'), 'utf8')),
    ),
    'oclif.manifest.json': JSON.stringify(commands, null, 2),
    'gameday.1': manPage(
      commands,
      modules.groups.groupCommands(
        Object.values(commands.commands).filter(({ hidden }) => hidden !== true),
        [],
      ),
      modules.exits.exitCodesHelp(),
      described.description,
    ),
    ...Object.fromEntries(
      ['before', 'after'].map((side) => [`docs/pictures/${side}.svg`, pictureOf(side, modules)]),
    ),
  };
}

const stale = [];
for (const [path, text] of Object.entries(await generated())) {
  const file = join(root, path);
  const fresh = /\.(svg|1)$/.test(path)
    ? text
    : await prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
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
