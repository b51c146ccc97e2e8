import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { documentIn, ROOT, startCli } from '../support/cli.ts';
import { startServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';
import { openDesk, plainDrill, rigUp } from './desk.ts';
import type { Desk } from './desk.ts';
import { blocksOf, commandsOf, pagesWithCommands, textOf } from './pages.ts';

/** Pages whose commands are typed here. */
const TYPED = [
  'README.md',
  'docs/how-to/autoscaled-fleets.md',
  'docs/how-to/choose-a-fault.md',
  'docs/how-to/choose-a-moment.md',
  'docs/how-to/complete-commands-in-a-shell.md',
  'docs/how-to/count-lost-runs.md',
  'docs/how-to/forecast-losses.md',
  'docs/how-to/gate-a-release.md',
  'docs/how-to/grant-the-least-rights.md',
  'docs/how-to/keep-a-ledger.md',
  'docs/how-to/look-before-you-stop.md',
  'docs/how-to/notify-people.md',
  'docs/how-to/protected-workers.md',
  'docs/how-to/prove-a-release.md',
  'docs/how-to/read-a-verdict.md',
  'docs/how-to/read-and-share-a-report.md',
  'docs/how-to/reclaim-spot-for-real.md',
  'docs/how-to/resume-after-a-crash.md',
  'docs/how-to/run-a-drill-by-hand.md',
  'docs/how-to/run-in-ci.md',
  'docs/how-to/run-many-drills-at-once.md',
  'docs/how-to/run-many-drills-in-a-pipeline.md',
  'docs/how-to/try-a-task-definition-on-the-rig.md',
  'docs/how-to/use-assert-in-a-release-pipeline.md',
  'docs/how-to/watch-a-sidecar.md',
  'docs/how-to/write-a-scenario.md',
  'docs/tutorial/first-drill.md',
];

/** Commands that CI itself runs, and the words by which it does. */
const BY_CI: Readonly<Record<string, string>> = {
  'npm ci && npm run rehearse': ' npm run rehearse -- --out',
  'npm ci && npm test': ' npm test --',
  './bin/run.js run --rig scenarios/exec-form.yaml': 'bin/run.js run --rig scenarios/exec-form.yaml',
  'gameday study --rig scenarios/study/small': 'bin/run.js study --rig scenarios/study/small',
  'npm ci': ' npm ci; then',
  'npm run build': ' npm run build',
  'npm test': ' npm test --',
  'npm run test:containers': ' npm run test:containers --',
  'npm run check': 'npm run --silent check',
};

/** A definition whose image says what it starts, and what that is. */
const LEFT_TO_THE_IMAGE = JSON.stringify({
  family: 'build-agent',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [{ name: 'agent', image: 'example/buildkite-agent:1', stopTimeout: 60 }],
});
const PROTECT = `curl -X PUT "$ECS_AGENT_URI/task-protection/v1/state" -d '{"ProtectionEnabled":true}'`;
const SHELL_FORM = 'ENTRYPOINT buildkite-agent start --tags-from-ecs-meta-data';

const SAMPLE_ID = '20260102-030405-beef';

/** Types a page's commands in their order; what is not listed must exit 0, what CI shows is left to it. */
async function typeAll(
  desk: Desk,
  page: string,
  exits: Readonly<Record<string, number>> = {},
  drill: string | null = null,
): Promise<readonly string[]> {
  const printed: string[] = [];
  for (const command of commandsOf(page)) {
    if (command in BY_CI) continue;
    const typed = drill === null ? command : command.replaceAll(SAMPLE_ID, drill);
    const { code, printed: text } = await desk.type(typed);
    expect({ command, code, text: code === (exits[command] ?? 0) ? '' : text }).toEqual({
      command,
      code: exits[command] ?? 0,
      text: '',
    });
    printed.push(text);
  }
  return printed;
}

async function at<T>(work: (desk: Desk) => Promise<T>): Promise<T> {
  const desk = openDesk();
  try {
    return await work(desk);
  } finally {
    desk.clear();
  }
}

function drillsIn(desk: Desk): readonly string[] {
  return readdirSync(join(desk.folder, '.gameday')).sort();
}

test('every page with commands is typed here, and what is left to CI is in CI', () => {
  const pages = pagesWithCommands().filter((page) => commandsOf(page).some((command) => !(command in BY_CI)));
  expect(pages).toEqual(TYPED);
  for (const words of Object.values(BY_CI)) expect(textOf('.ci/run')).toContain(words);
});

describe.concurrent('the commands of', () => {
  test('reading and sharing a report', async () => {
    await at(async (desk) => {
      await typeAll(desk, 'docs/how-to/read-and-share-a-report.md', {});
      const [live, replayed] = ['drill.html', 'report.html'].map((name) =>
        readFileSync(join(desk.folder, name), 'utf8'),
      );
      expect(replayed).toBe(live);
      expect(readFileSync(join(desk.folder, 'time-line.svg'), 'utf8')).toContain('<title>PASSED: drained');
    });
  });

  test('the tutorial', async () => {
    await at(async (desk) => {
      const printed = await typeAll(desk, 'docs/tutorial/first-drill.md', {
        'gameday run --rig scenarios/shell-form.yaml': 10,
        'gameday run --rig scenarios/shell-form-short-step.yaml': 10,
      });
      const all = printed.join('\n');
      for (const said of ['PASSED: drained', 'FAILED: lost', 'FAILED: not-drained'])
        expect(all).toContain(said);
    });
  });

  test('protected workers', async () => {
    await at(async (desk) => {
      const printed = await typeAll(desk, 'docs/how-to/protected-workers.md', {
        'gameday run --rig scenarios/faults/scale-in-not-spared.yaml': 10,
      });
      const said = printed.map((text) => /^(?:PASSED|FAILED): [a-z-]+/m.exec(text)?.[0]);
      expect(said).toEqual(['PASSED: spared', 'FAILED: not-spared', 'PASSED: spared']);
    });
  });

  test('many drills at once', async () => {
    await at(async (desk) => {
      const printed = await typeAll(desk, 'docs/how-to/run-many-drills-at-once.md');
      expect(printed.join('\n')).toContain('(2 drills)');
    });
  });

  test('choosing a fault', async () => {
    await at(async (desk) => {
      const printed = await typeAll(desk, 'docs/how-to/choose-a-fault.md');
      expect(printed.join('\n')).toContain('PASSED: drained');
      expect(printed.join('\n')).toContain('0 of 3 killed by this deployment');
    });
  });

  test('drilling an autoscaled fleet', async () => {
    await at(async (desk) => {
      desk.put('drill.yaml', plainDrill().replace('fault: stop-task', 'fault: scale-in'));
      const rig = await rigUp(desk, 'scenarios/rigs/scaled.yaml');
      try {
        const [doctor = '', ...runs] = await typeAll(desk, 'docs/how-to/autoscaled-fleets.md');
        expect(doctor).toContain('keeps the desired count from 2 to 4, by jobs-per-worker');
        expect(doctor.replaceAll(/\s+/g, ' ')).toContain('may raise the desired count again');
        for (const run of runs) expect(run).toContain('PASSED: drained');
      } finally {
        await rig.close();
      }
    });
  });

  test('reclaiming Spot for real', async () => {
    await at(async (desk) => {
      const [run = '', rights = ''] = await typeAll(desk, 'docs/how-to/reclaim-spot-for-real.md');
      expect(run).toContain('PASSED: drained');
      expect(rights).toContain('"iam:PassedToService": "fis.amazonaws.com"');
    });
  });

  test('running many drills in a pipeline', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/run-many-drills-in-a-pipeline.md';
      const [own = ''] = blocksOf(page, 'yaml');
      mkdirSync(join(desk.folder, 'nightly'));
      for (const name of ['build-agents', 'test-agents']) desk.put(`nightly/${name}.yaml`, plainDrill());
      const rig = await rigUp(desk);
      try {
        // What the agents of the two steps leave, and the last step downloads.
        for (const [index, name] of ['build-agents', 'test-agents'].entries()) {
          const out = `gameday-shards/${String(index + 1)}/0/job-${name}`;
          const run = `gameday run nightly/${name}.yaml --yes --out ${out} --reporter json=${out}/game-day.json`;
          const ran = await desk.type(`mkdir -p ${out} && ${run}`);
          expect(ran, ran.printed).toMatchObject({ code: 0 });
        }
        const [printed = '', merged = ''] = await typeAll(desk, page);
        expect(printed).toBe('');
        expect(merged).toContain('2 shards, 2 attempts, of which 0 do not count');
        expect(merged).toContain('Game day: passed: drained (exit code 0)');
      } finally {
        await rig.close();
      }
      for (const file of ['pipeline.yml', 'rig.yml'])
        expect(readFileSync(join(desk.folder, file), 'utf8')).toContain('key: game-day-merge');
      const { steps } = parse(own) as { readonly steps: readonly { readonly command: string }[] };
      expect(steps[0]?.command).toContain(commandsOf(page)[0]);
    });
  });

  test('gating a release, and the step of its pipeline', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/gate-a-release.md';
      const [scenario = '', pipeline = ''] = blocksOf(page, 'yaml');
      desk.put('release.yaml', scenario);
      const deploy = join(ROOT, 'test', 'e2e', 'support', 'deploy.mjs');
      desk.put('deploy-workers.sh', `#!/bin/sh\nexec '${process.execPath}' '${deploy}' "say=$*" revise\n`);
      chmodSync(join(desk.folder, 'deploy-workers.sh'), 0o755);
      // The command takes a few seconds on a busy machine: a step of six may be over before it stops anything.
      const rig = await rigUp(desk, longStepRig(desk, 16));
      try {
        const [dry = '', run = ''] = await typeAll(desk, page);
        expect(dry).toContain('command ./deploy-workers.sh --to v42 (limit 15 min 0 s)');
        expect(run).toContain('PASSED: drained');
        expect(run).toContain('command | --to v42');
        const { steps } = parse(pipeline) as { readonly steps: readonly { readonly command: string }[] };
        const gate = await desk.type(steps[0]?.command ?? '');
        expect(gate, gate.printed).toMatchObject({ code: 0 });
        const text = readFileSync(join(desk.folder, 'result.json'), 'utf8');
        expect(documentIn(text)).toMatchObject({ outcome: 'passed', reason: 'drained' });
        expect(drillsIn(desk)).toHaveLength(2);
        for (const drill of drillsIn(desk))
          expect(readFileSync(join(desk.folder, '.gameday', drill, 'command.log'), 'utf8')).toBe(
            '--to v42\n',
          );
      } finally {
        await rig.close();
      }
    });
  });

  test('proving a release, and its pipeline', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/prove-a-release.md';
      const image = `example/build-agent@sha256:${'a'.repeat(64)}`;
      const task = textOf('scenarios/task-definitions/exec-form.json').replace(
        'example/build-agent:1',
        image,
      );
      desk.put('task.json', task);
      desk.put('shorter.json', task.replace('"stopTimeout": 20', '"stopTimeout": 10'));
      desk.put('drill.yaml', `${plainDrill()}\nrig: rig.yaml\n`);
      const losses = { total: { runs: 900, lost: 20, undecided: 0 }, designEffect: 1 };
      desk.put('losses.json', JSON.stringify({ losses }));
      desk.put(
        'rig.yaml',
        textOf('scenarios/rigs/exec-form.yaml')
          .replace('../task-definitions/exec-form.json', 'task.json')
          .replace('../pipelines/six-seconds.yaml', 'scenarios/pipelines/three-seconds.yaml'),
      );
      desk.put('deploy-workers.sh', '#!/bin/sh\necho deployed > deployed.txt\n');
      chmodSync(join(desk.folder, 'deploy-workers.sh'), 0o755);
      const rig = await rigUp(desk, 'rig.yaml');
      try {
        const without = commandsOf(page).find((command) => command.includes('shorter.json')) ?? '';
        const printed = await typeAll(desk, page, { [without]: 11 });
        expect(printed[0]).toContain('0 of 4 drills lost a job (4 jobs)');
        for (const line of (blocksOf(page, 'text')[0] ?? '').split('\n')) expect(printed[3]).toContain(line);
        expect(printed.at(-1)).toContain('20 of 900 lost');
        // The pipeline: its claim is stricter than four drills can show, so nothing is deployed.
        desk.use({ ...desk.environment(), GAMEDAY_LEDGER: 'ledger' });
        const { steps } = parse(blocksOf(page, 'yaml')[0] ?? '') as {
          readonly steps: readonly { readonly command: string }[];
        };
        const typed = steps.map(({ command }) => command.replace('gameday gate', 'gameday gate --rig'));
        const release = typed.join(' && ');
        expect(await desk.type(release)).toMatchObject({ code: 11 });
        expect(existsSync(join(desk.folder, 'deployed.txt'))).toBe(false);
        expect(await desk.type(release.replace('< 5 %', '< 60 %'))).toMatchObject({ code: 0 });
        expect(existsSync(join(desk.folder, 'deployed.txt'))).toBe(true);
      } finally {
        await rig.close();
      }
    });
  });

  test('choosing a moment', async () => {
    await at(async (desk) => {
      const printed = (await typeAll(desk, 'docs/how-to/choose-a-moment.md')).join('\n');
      expect(printed).toContain('PASSED: retired');
      expect(printed).toContain('BASELINE');
    });
  });

  test('watching a sidecar', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/watch-a-sidecar.md';
      const printed = await typeAll(desk, page, {
        'gameday run --rig scenarios/sidecars/gateway-cut.yaml': 10,
        'gameday run --rig scenarios/sidecars/gateway-failover.yaml': 10,
      });
      const all = printed.join('\n');
      const window = 'stop window along dependsOn: agent 20.0 s, then gateway 5.0 s: 25.0 s in all';
      const hidden = 'failover papered over it';
      for (const said of ['PASSED: drained', 'FAILED: sidecar-cut', window, hidden])
        expect(all).toContain(said);
      expect(textOf(page).replaceAll(/\s+/g, ' ')).toContain(window);
    });
  });

  test('forecasting', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/forecast-losses.md';
      desk.put('task.json', textOf('scenarios/forecast/after.json'));
      desk.put('rig.yaml', rigWithAPast());
      const rig = await rigUp(desk, 'rig.yaml');
      try {
        const printed = await typeAll(desk, page);
        expect(printed[0]).toContain('as given: never signalled');
        expect(printed[2]).toContain('3 jobs of acme/canary');
        // The rows of the page's own CSV.
        desk.put('own.csv', blocksOf(page, 'csv')[0] ?? '');
        const own = await desk.type('gameday forecast --history own.csv');
        expect(own).toMatchObject({
          code: 0,
          printed: expect.stringContaining('2 jobs of own.csv') as string,
        });
      } finally {
        await rig.close();
      }
    });
  });

  test('counting lost runs', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/count-lost-runs.md';
      const [rigFile = '', steps = ''] = blocksOf(page, 'yaml');
      desk.put('rig.yaml', rigFile);
      desk.put('steps.yaml', steps);
      desk.put('agent.json', textOf('scenarios/task-definitions/exec-form.json'));
      const rig = await rigUp(desk, 'rig.yaml');
      try {
        const printed = await typeAll(desk, page);
        expect(printed[0]).toContain('Lost job runs of acme/main');
        // The page shows the shape of what is printed: the same lines, with the figures of its day.
        const shape = (text: string): string[] =>
          [...text.matchAll(/^ {2}([a-z][a-z ]*?) {2}/gm)].map(([, name = '']) => name);
        expect(shape(printed[0] ?? '')).toEqual(
          expect.arrayContaining(shape(blocksOf(page, 'text')[0] ?? '')),
        );
        expect(printed[0]).toContain('12 lost of 12 agents');
        expect(printed[1]).toContain('integration');
        expect(existsSync(join(desk.folder, 'losses.svg'))).toBe(true);
      } finally {
        await rig.close();
      }
    });
  });

  test('running in CI, reading a verdict, asserting, the README, running by hand', async () => {
    await at(async (desk) => {
      desk.put('drill.yaml', plainDrill());
      // What `assert` looks at only afterwards is proven by the agent's own report.
      const rig = await rigUp(desk, undefined, { GAMEDAY_RIG_STAND_IN: 'reporting' });
      try {
        const before = await desk.type('gameday run drill.yaml --yes');
        expect({ ...before, printed: before.code === 0 ? '' : before.printed }).toMatchObject({
          code: 0,
          printed: '',
        });
        const [drill = ''] = drillsIn(desk);
        const inCi = await typeAll(desk, 'docs/how-to/run-in-ci.md', {}, drill);
        expect(inCi.map((text) => text.trim())).toContain('drained');
        await typeAll(desk, 'docs/how-to/read-a-verdict.md', {}, drill);
        await typeAll(desk, 'docs/how-to/use-assert-in-a-release-pipeline.md');
        const refused = {
          [FIRST]: 3,
          'gameday run gameday/drill.yaml': 3,
          'gameday run drill.yaml': 3,
        };
        desk.put('task.json', textOf('scenarios/incident/before.json'));
        for (const page of ['README.md', 'docs/how-to/run-a-drill-by-hand.md']) {
          const printed = await typeAll(desk, page, refused);
          expect(printed.join('\n')).toContain('confirm-needed');
          if (page === 'README.md') expectPath(page, printed);
        }
      } finally {
        await rig.close();
      }
    });
  });

  test('looking before anything is stopped', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/look-before-you-stop.md';
      for (const name of ['before', 'after'])
        desk.put(`${name}.json`, textOf(`scenarios/incident/${name}.json`));
      desk.put(
        'service.json',
        '{ "services": [{ "serviceName": "build-agents", "launchType": "FARGATE" }] }',
      );
      desk.put('pipeline.yml', textOf('scenarios/pipelines/six-seconds.yaml'));
      desk.put('image.json', '[{ "Config": { "Entrypoint": null, "StopSignal": "SIGTERM" } }]');
      desk.put('jobs.csv', 'step,seconds\nintegration,6\n');
      desk.put('drill.yaml', plainDrill());
      desk.put('task.json', LEFT_TO_THE_IMAGE);
      mkdirSync(join(desk.folder, 'hooks'));
      desk.put('hooks/pre-command', `#!/bin/sh\n${PROTECT}\n`);
      desk.put('Dockerfile', `FROM debian:12\nENV A=1\nUSER nobody\n\n${SHELL_FORM}\n`);
      const rig = await rigUp(desk);
      try {
        const found = {
          'gameday preflight --task-definition before.json': 10,
          'gameday preflight --task-definition task.json --dockerfile Dockerfile': 10,
        };
        const printed = await typeAll(desk, page, found);
        const [before = ''] = printed;
        const shown = blocksOf(page, 'text').filter((text) => /Dockerfile|pre-command/.test(text));
        const lines = shown
          .join('\n')
          .split('\n')
          .filter((line) => !/^ *(?:\.\.\.)?$/.test(line));
        expect(lines.length).toBeGreaterThan(3);
        for (const line of lines) expect(printed.join('\n')).toContain(line);
        expect(before).toContain('error stop-timeout-missing  before.json:8:5  containerDefinitions[0]');
        const log = JSON.parse(readFileSync(join(desk.folder, 'preflight.sarif'), 'utf8')) as unknown;
        expect(log).toMatchObject({ version: '2.1.0' });
      } finally {
        await rig.close();
      }
    });
  });

  test('keeping a ledger', async () => {
    await at(async (desk) => {
      const [run = '', list = '', ...others] = commandsOf('docs/how-to/keep-a-ledger.md');
      expect((await desk.type(run)).code).toBe(0);
      const [drill = ''] = drillsIn(desk);
      const { printed } = await desk.type(list);
      const [, print = ''] = /^([0-9a-f]{12}) {2}1 trial in 1 drill: 1 drained/m.exec(printed) ?? [];
      for (const command of others) {
        const own = command.replace(SAMPLE_ID, drill).replace(/0a1b2c3d4e5f|99aa88bb77cc/g, print);
        const { code, printed: text } = await desk.type(own);
        expect({ command, code, text: code === 0 ? '' : text }).toEqual({ command, code: 0, text: '' });
      }
    });
  });

  test('notifying people: the receiver of the page takes both notices, and nothing leaves the machine', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/notify-people.md';
      const [code = ''] = blocksOf(page, 'js');
      const receiver: unknown = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      const { isGenuine } = receiver as { isGenuine: (...given: readonly unknown[]) => boolean };
      // This validator is of an earlier draft, which has all that this schema uses.
      const { $schema: _draft, ...schema } = JSON.parse(
        textOf('docs/reference/notice.schema.json'),
      ) as object & {
        readonly $schema: string;
      };
      const isNotice = new Ajv().compile(schema);
      const hooks = await startServer((_seen, response, nth) => {
        // The first try of the first notice fails.
        response.writeHead(nth === 1 ? 503 : 204);
        response.end();
      });
      const secret = 'a-key-of-the-signatures';
      const rig = await rigUp(desk);
      desk.use({ HOOK_URL: `${hooks.url}/web`, HOOK_SECRET: secret });
      desk.use({ SLACK_URL: 'https://hooks.slack.example/services/T0/B0/hidden-path' });
      try {
        desk.put('nightly.yaml', plainDrill());
        const [run = ''] = commandsOf(page);
        const { code: exit, printed } = await desk.type(run);
        expect(exit, printed).toBe(0);
        expect(printed).toContain('hooks.slack.example is not told');
        expect(printed).not.toContain('hidden-path');
        desk.put('nightly.yaml', plainDrill() + (blocksOf(page, 'yaml')[0] ?? ''));
        expect(await desk.type('gameday validate nightly.yaml')).toMatchObject({ code: 0 });
      } finally {
        await rig.close();
        await hooks.close();
      }
      const bodies = hooks.requests.map(({ headers, body }) => {
        expect(isGenuine(headers, body, secret)).toBe(true);
        expect(isGenuine(headers, `${body} `, secret)).toBe(false);
        const parsed: unknown = JSON.parse(body);
        expect(isNotice(parsed), JSON.stringify(isNotice.errors)).toBe(true);
        return { id: headers['x-gameday-id'], ...(parsed as { readonly about: string }) };
      });
      const [drill = ''] = drillsIn(desk);
      const injection = {
        about: 'injection',
        id: `${drill}.injection.1`,
        label: 'rig',
        consent: 'beforehand',
      };
      const end = { about: 'end', id: `${drill}.end`, outcome: 'passed', reason: 'drained', exitCode: 0 };
      expect(bodies).toMatchObject([injection, injection, end]);
      const journal = readFileSync(join(desk.folder, '.gameday', drill, 'journal.jsonl'), 'utf8');
      expect(journal).not.toContain(`${hooks.url}/web`);
      const codes = [...journal.matchAll(/"code":"(GD_[A-Z_]+)"/g)].map(([, code]) => code);
      const told = ['GD_NOTICE_INTENDED', 'GD_NOTIFIED'];
      expect(
        codes.filter((one) =>
          ['GD_CONFIRMED', 'GD_FAULT_INTENDED', 'GD_JUDGED', ...told].includes(one ?? ''),
        ),
      ).toEqual(['GD_CONFIRMED', ...told, 'GD_FAULT_INTENDED', 'GD_JUDGED', ...told]);
      expect((await desk.type(`gameday drills judge ${drill}`)).code).toBe(0);
    });
  });

  test('granting the least rights', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/grant-the-least-rights.md';
      desk.put('drill.yaml', plainDrill());
      desk.put('rig.yaml', deniedRig(desk));
      const rig = await rigUp(desk, join(desk.folder, 'rig.yaml'));
      try {
        expect(await desk.type('gameday run drill.yaml --yes')).toMatchObject({ code: 4 });
      } finally {
        await rig.close();
      }
      const [drill = ''] = drillsIn(desk);
      const checking = `gameday iam --check ${SAMPLE_ID}`;
      const printed = await typeAll(desk, page, { [checking]: 10 }, drill);
      expect(readFileSync(join(desk.folder, 'policy.json'), 'utf8')).toContain('"Sid": "StopTasks"');
      expect(readFileSync(join(desk.folder, 'gameday.tf'), 'utf8')).toContain('aws_iam_policy_document');
      expect(readFileSync(join(desk.folder, 'gameday.yaml'), 'utf8')).toContain('AWS::IAM::ManagedPolicy');
      expect(printed.at(-1)).toContain('the role in use lacks statement ReadCluster of the least policy');
    });
  });

  test('resuming after a crash', async () => {
    await at(async (desk) => {
      desk.put('drill.yaml', plainDrill().replace('within: 20s', 'within: 60s'));
      const rig = await rigUp(desk, longStepRig(desk));
      try {
        const [drill, runner] = await crashedAfterItsStop(desk);
        expect(runner).toBe('SIGKILL');
        const printed = await typeAll(desk, 'docs/how-to/resume-after-a-crash.md', {}, drill);
        expect(printed[0]).toContain(drill);
        expect(printed[1]).toContain('PASSED: drained');
      } finally {
        await rig.close();
      }
    });
  });

  test("the README's first command, where a person agrees, and the recording of it", async () => {
    await at(async (desk) => {
      expect(commandsOf('README.md')[0]).toBe(FIRST);
      desk.put('task.json', textOf('scenarios/incident/before.json'));
      const { code, printed } = await desk.type(`${FIRST} --yes`);
      expect(code, printed).toBe(10);
      for (const said of ['FAILED: lost', 'PASSED: drained', 'Fix     "entryPoint"'])
        expect(printed).toContain(said);
      // The last screen of the recording: its labels and its last line are still those of today.
      const picture = textOf('docs/pictures/rehearse.svg');
      expect(picture.length).toBeLessThan(200_000);
      expect(picture).toMatch(/^<svg [^>]*role="img" aria-labelledby="t d">\n<title id="t">/);
      expect(picture).not.toMatch(/<script|href="(?!#)/);
      const [, screen = ''] = /<desc id="d">([^<]*)<\/desc>/.exec(picture) ?? [];
      const signs = screen
        .split('\n')
        .flatMap((line) => /^(?:[A-Z][a-z]+ {2,}|until SIGKILL|Rehearsal: .*(?= in ))/.exec(line) ?? []);
      expect(signs.length).toBeGreaterThan(3);
      for (const sign of signs) expect(printed).toContain(`\n${sign}`);
    });
  });

  test('trying a task definition', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/try-a-task-definition-on-the-rig.md';
      desk.put('rig.yaml', blocksOf(page, 'yaml')[0] ?? '');
      desk.put('task.json', textOf('scenarios/task-definitions/exec-form.json'));
      desk.put('pipeline.yaml', textOf('scenarios/pipelines/six-seconds.yaml'));
      desk.put('drill.yaml', `${plainDrill()}\nrig: rig.yaml\n`);
      desk.put('canary.yml', 'steps: [{ key: tests, command: sleep 16 }, { key: lint, command: "true" }]');
      const [alone = '', own = '', ofImage = '', embedded = '', up = '', environment = '', against = ''] =
        commandsOf(page);
      expect([alone, own].map((command) => command.split(' ')[1])).toEqual(['rehearse', 'rehearse']);
      for (const command of [alone, own]) {
        const { code, printed } = await desk.type(command);
        expect({ code, printed }).toEqual({
          code: 0,
          printed: expect.stringContaining('stop while busy') as string,
        });
        expect(printed).toContain('Rehearsal: passed: drained, retired (exit code 0)');
      }
      desk.put('task.json', LEFT_TO_THE_IMAGE);
      desk.put('Dockerfile', `FROM debian:12\nENTRYPOINT exec ${SHELL_FORM.slice('ENTRYPOINT '.length)}\n`);
      const { code, printed } = await desk.type(ofImage);
      expect({ code, printed: code === 0 ? '' : printed }).toEqual({ code: 0, printed: '' });
      desk.put('task.json', textOf('scenarios/task-definitions/exec-form.json'));
      expect([up, environment]).toEqual(['gameday rig up rig.yaml > rig.env', '. ./rig.env']);
      expect((await desk.type(embedded)).printed).toContain('PASSED: drained');
      const told = desk.type(`${up} & echo $! > rig.pid; wait $!`);
      const env = join(desk.folder, 'rig.env');
      await until(
        'the rig',
        async () => existsSync(env) && readFileSync(env, 'utf8').includes('GAMEDAY_RIG_CONTROL'),
      );
      try {
        expect((await desk.type(`${environment} && ${against}`)).printed).toContain('PASSED: drained');
      } finally {
        process.kill(Number(readFileSync(join(desk.folder, 'rig.pid'), 'utf8')), 'SIGTERM');
        await told;
      }
    });
  });

  test('completing commands in a shell', async () => {
    await at(async (desk) => {
      desk.use({ HOME: desk.folder });
      await typeAll(desk, 'docs/how-to/complete-commands-in-a-shell.md');
      const read = (path: string): string => readFileSync(join(desk.folder, path), 'utf8');
      expect(read('.zfunc/_gameday')).toMatch(/^#compdef gameday$/m);
      expect(read('.config/fish/completions/gameday.fish')).toMatch(/^complete -c gameday /m);
    });
  });

  test('writing a scenario', async () => {
    await at(async (desk) => {
      const page = 'docs/how-to/write-a-scenario.md';
      const [scenario = ''] = blocksOf(page, 'yaml');
      desk.put('drill.yaml', scenario);
      desk.put('with-variables.yaml', scenario.replace('branch: main', 'branch: ${BRANCH}'));
      await typeAll(desk, page);
    });
  });
});

/** The README's first command. */
const FIRST = 'npx gameday rehearse task.json';

/** The README's path, in its order, and what each step of it says. */
const PATH: readonly (readonly [command: string, said: string])[] = [
  [FIRST, 'no terminal to ask for consent'],
  [
    'gameday init --cluster build-prod --service build-agents --pipeline acme/canary',
    'gameday/drill.yaml    the scenario',
  ],
  ['gameday iam gameday/drill.yaml --account 123456789012 > policy.json', 'GraphQL access'],
  ['gameday doctor gameday/drill.yaml', 'Ready: '],
  ['gameday run --dry-run gameday/drill.yaml', 'PLANNED'],
  ['gameday run gameday/drill.yaml', 'confirm-needed'],
  ['gameday run gameday/drill.yaml --yes', 'PASSED: drained'],
];

function expectPath(page: string, printed: readonly string[]): void {
  const typed = commandsOf(page).filter((command) => !(command in BY_CI));
  const path = typed.flatMap((command, index) => {
    const [, said = ''] = PATH.find(([step]) => step === command) ?? [];
    return said !== '' && printed[index]?.includes(said) === true ? [[command, said]] : [];
  });
  expect(path).toEqual(PATH);
}

/** A rig whose pipeline ran before; nothing runs on it. */
function rigWithAPast(): string {
  return JSON.stringify({
    ...{ organization: 'acme', cluster: 'build-prod' },
    pipelines: [{ slug: 'canary', steps: 'scenarios/pipelines/three-seconds.yaml' }],
    history: { canary: [{ step: 'integration', took: ['5m', '6m', '10s'] }] },
  });
}

/** A rig whose clients may do nothing. */
function deniedRig(desk: Desk): string {
  desk.put('nothing.json', '{ "Version": "2012-10-17", "Statement": [] }');
  const scenarios = join(desk.folder, 'scenarios');
  return `${textOf('scenarios/rigs/exec-form.yaml').replaceAll('../', `${scenarios}/`)}policy: nothing.json\n`;
}

/** A run that is killed once its stop was answered; its id and what ended it. */
/** A rig whose step goes on for long enough after an injection to be proven in flight by clocks alone: nobody looked right after it. */
function longStepRig(desk: Desk, seconds = 30): string {
  const rig = textOf('scenarios/rigs/exec-form.yaml')
    .replace('../task-definitions/exec-form.json', 'task.json')
    .replace('../pipelines/six-seconds.yaml', 'pipeline.yaml');
  const task = textOf('scenarios/task-definitions/exec-form.json').replace(
    '"stopTimeout": 20',
    '"stopTimeout": 60',
  );
  desk.put('task.json', task);
  desk.put(
    'pipeline.yaml',
    textOf('scenarios/pipelines/six-seconds.yaml').replace('sleep 6', `sleep ${String(seconds)}`),
  );
  desk.put('rig.yaml', rig);
  return join(desk.folder, 'rig.yaml');
}

async function crashedAfterItsStop(desk: Desk): Promise<readonly [string, NodeJS.Signals | null]> {
  const runner = startCli(['run', join(desk.folder, 'drill.yaml'), '--yes'], desk.folder, desk.environment());
  const journal = (): string => {
    const [drill] = existsSync(join(desk.folder, '.gameday')) ? drillsIn(desk) : [];
    const path = join(desk.folder, '.gameday', drill ?? '', 'journal.jsonl');
    return drill !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  await until('the stop to be answered', async () => journal().includes('"GD_FAULT_SENT"'));
  runner.child.kill('SIGKILL');
  const { signal } = await runner.ended;
  return [drillsIn(desk)[0] ?? '', signal];
}
