// A certification of many drills on many services of the rig. Their agents live inside the rig and no worker is a process, so that
// what is measured is gameday with its ledger, and nothing is shown about real workers. GAMEDAY_BENCH_CERTIFY names the number of
// drills (3000), GAMEDAY_BENCH_CERTIFY_SERVICES that of services, which is also how many drills run at once (100).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, ROOT, start } from './measure.mjs';

const DRILLS = Number(process.env.GAMEDAY_BENCH_CERTIFY ?? 3000);
const SERVICES = Math.min(DRILLS, Number(process.env.GAMEDAY_BENCH_CERTIFY_SERVICES ?? 100));
/** Clock ticks of /proc a second. */
const TICKS = 100;
const DEFINITION = JSON.parse(readFileSync(join(ROOT, 'scenarios/task-definitions/exec-form.json'), 'utf8'));

const names = Array.from({ length: SERVICES }, (_, nth) => `agents-${nth}`);
// Each service has a queue of its own. A queue is a label and no part of the fingerprint, so that all drills are of one worker.
const definitionOf = (name) => ({
  ...DEFINITION,
  containerDefinitions: DEFINITION.containerDefinitions.map((container) => ({
    ...container,
    environment: [{ name: 'BUILDKITE_AGENT_TAGS', value: `queue=${name}` }],
  })),
});
// Of two workers one is stopped, and one stays.
const RIG = `organization: acme
region: us-east-1
cluster: build-prod
lostAfter: 25s
knobs: { heartbeatInterval: 10s, userPoints: 10000000 }
services:
${names.map((name) => `  - { name: ${name}, taskDefinition: ${name}.json, desiredCount: 2, launchType: FARGATE, agent: in-process }`).join('\n')}
pipelines:
${names.map((name) => `  - { slug: ${name}, steps: ${name}.yaml }`).join('\n')}
`;
const stepsOf = (name) =>
  `steps:\n  - { key: integration, command: "sleep 10", agents: { queue: ${name} } }\n`;
const drillOf = (name) => `version: 1
title: A worker of ${name} finishes its job
build: { organization: acme, pipeline: ${name} }
cluster: { region: us-east-1, name: build-prod, service: ${name} }
when: { step: integration, startWithin: 30m }
inject: { fault: stop-task }
limits: { verdictWithin: 30m, pollEvery: 2s }
`;

async function onServices(work) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    writeFileSync(join(folder, 'rig.yaml'), RIG);
    for (const name of names) {
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(definitionOf(name)));
      writeFileSync(join(folder, `${name}.yaml`), stepsOf(name));
      writeFileSync(join(folder, `drill-${name}.yaml`), drillOf(name));
    }
    return await onRigFile(folder, work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same of a process and all that it started: the rig is a child of `gameday rig up`. */
function usageOfAll(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const all = [usageOf(pid), ...children.map(usageOfAll)];
  return all.reduce((sum, one) => ({ cpu: sum.cpu + one.cpu, peak: sum.peak + one.peak }));
}

/** Seconds on the CPU, and the most memory it ever held in MiB. */
function usageOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
  return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, peak: Number(peak) / 1024 };
}

const tally = (words) =>
  [...new Set(words)].map((word) => `${words.filter((one) => one === word).length} ${word}`).join(', ');

export async function measure() {
  return onServices(async ({ folder, env, pid }) => {
    const args = ['certify', ...names.map((name) => `drill-${name}.yaml`), '--yes', '--json'];
    const claim = [
      '--claim',
      'lost-given-stop < 1 % at 95 %',
      '--at-least',
      String(DRILLS),
      '--max',
      String(DRILLS),
    ];
    const run = start([BIN, ...args, ...claim, '--ledger', './ledger', `--parallel=${SERVICES}`], {
      cwd: folder,
      env,
    });
    let usage = usageOf(run.child.pid);
    const watch = setInterval(() => {
      if (run.child.exitCode === null) usage = usageOf(run.child.pid);
    }, 500);
    const { code, stdout, stderr, took } = await run.ended;
    clearInterval(watch);
    const [document] = stdout.startsWith('{') ? [JSON.parse(stdout)] : [];
    if (document?.own === undefined)
      throw new Error(`certify ended with ${code}\n${stdout}${stderr.slice(-4000)}`);
    const minutes = took / 60_000;
    const rig = usageOfAll(pid);
    return [
      'the workers are agents inside the rig, WITHOUT PROCESSES: gameday and its ledger are measured, no worker is',
      `${document.own.length} drills over ${SERVICES} services, ${SERVICES} at once: ${minutes.toFixed(1)} min, ${(document.own.length / minutes).toFixed(0)} drills a minute`,
      `answer: ${document.answer} (exit code ${code}); ${tally(document.own.map(({ outcome, reason }) => `${outcome} ${reason}`))}`,
      `gameday: ${usage.cpu.toFixed(0)} s on the CPU, ${usage.peak.toFixed(0)} MiB at most; the rig: ${rig.cpu.toFixed(0)} s, ${rig.peak.toFixed(0)} MiB`,
      `the machine had ${availableParallelism()} cores and a load of ${loadavg()[0].toFixed(1)} at the end`,
    ];
  });
}
