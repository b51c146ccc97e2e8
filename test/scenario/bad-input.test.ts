import { describe, expect, it } from 'vitest';
import { changed, GOOD, read, said, unmarked } from './marked.ts';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly says: string;
  readonly next?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A scenario that watches a gateway. */
function counted(flushed: string): string {
  return `${GOOD}expect: { containers: { gateway: { ${flushed} } } }\n`;
}

const cases: readonly Case[] = [
  {
    name: 'an unknown key',
    text: changed('  step:', '  ▶stpe: x\n  step:'),
    says: 'unknown key "stpe" in when',
    next: 'Did you mean "step"? Allowed: trigger, step, inFlightFor, startWithin, attempts.',
  },
  {
    name: 'an unknown key at the top',
    text: `${GOOD}▶limit: { pollEvery: 2s }\n`,
    says: 'unknown key "limit"',
    next: 'Did you mean "limits"? Allowed: version, title, build, cluster, when, inject, expect, limits, safety, preflight, notify, secrets, rig, control.',
  },
  {
    name: 'an unknown key far from any other',
    text: `${GOOD}▶frobnicate: 1\n`,
    says: 'unknown key "frobnicate"',
    next: 'Allowed: version, title, build, cluster, when, inject, expect, limits, safety, preflight, notify, secrets, rig, control.',
  },
  {
    name: 'a wrong duration',
    text: changed('inFlightFor: 3s', 'inFlightFor: ▶3 seconds'),
    says: 'when.inFlightFor: expected a duration such as 500ms, 10s, 5m or 1h30m, got "3 seconds"',
  },
  {
    name: 'a duration without its unit',
    text: changed('inFlightFor: 3s', 'inFlightFor: ▶3'),
    says: 'when.inFlightFor: expected a duration such as 500ms, 10s, 5m or 1h30m, got "3"',
    next: 'Did you mean 3s?',
  },
  {
    name: 'a duration out of its range',
    text: `${GOOD}limits: { pollEvery: ▶10ms }\n`,
    says: 'limits.pollEvery: expected a duration from 100ms to 1m, got "10ms"',
  },
  {
    name: 'a value that is not allowed',
    text: changed('fault: stop-task', 'fault: ▶stop_tsk'),
    says: 'inject.fault: expected one of stop-task, scale-in, autoscale-in, deployment, command, drain-instance, spot-reclaim, fis, none, got "stop_tsk"',
    next: 'Did you mean "stop-task"?',
  },
  {
    name: 'another version',
    text: changed('version: 1', 'version: ▶2'),
    says: 'version: this scenario is of format 2, and this gameday reads format 1 alone',
    next: 'Upgrade gameday to a version that reads format 2.',
  },
  {
    name: 'a missing step',
    text: changed('when:\n  step: integration', '▶when:'),
    says: 'when.step is missing',
    next: 'Trigger step-in-flight needs it.',
  },
  {
    name: 'a trigger without what it needs',
    text: changed(
      'when:\n  step: integration\n  inFlightFor: 3s',
      '▶when:\n  trigger: near-end\n  step: integration',
    ),
    says: 'when.left is missing',
    next: 'Trigger near-end needs it.',
  },
  {
    name: "another trigger's key",
    text: changed('  step: integration', '  step: integration\n  ▶left: 3s'),
    says: 'when.left belongs to trigger near-end, not to step-in-flight',
    next: 'Leave it out, or change when.trigger.',
  },
  {
    name: "another fault's key",
    text: changed('fault: stop-task', 'fault: stop-task\n  ▶steered: false'),
    says: 'inject.steered belongs to fault scale-in or autoscale-in, not to stop-task',
    next: 'Leave it out, or change inject.fault.',
  },
  {
    name: 'a command without a time limit',
    text: changed('inject:\n  fault: stop-task', '▶inject:\n  fault: command'),
    says: 'inject.limit is missing',
    next: 'Fault command needs it.',
  },
  {
    name: 'a command whose time limit is longer than the watch',
    text: changed('fault: stop-task', 'fault: command\n  limit: ▶30m'),
    says: 'inject.limit is longer than limits.verdictWithin (20m)',
  },
  {
    name: 'a command that is no list of words',
    text: changed('fault: stop-task', 'fault: command\n  limit: 5m\n  command: ▶./deploy.sh'),
    says: 'inject.command: expected a list, got "./deploy.sh"',
  },
  {
    name: 'a command without a service to watch',
    text: changed('fault: stop-task', 'fault: ▶command\n  limit: 5m').replace(
      '  service: build-agents\n',
      '  family: build-agent\n',
    ),
    says: 'inject.fault: command is watched on the service that it changes, and cluster.service names none',
  },
  {
    name: 'builds to be touched by a fault that is no command',
    text: `${GOOD}expect: { ▶touched: some }\n`,
    says: 'expect.touched: only fault command leaves open whom it touches, and this scenario injects stop-task',
  },
  {
    name: 'several drills at once with a fault that takes others along',
    text: `${changed('stop-task', 'deployment')}safety: { tasks: 9, drillsAtOnce: ▶3 }\n`,
    says: 'safety.drillsAtOnce: only stop-task stops one task and no other, so that drills at the same time do not disturb each other; this is deployment',
    next: 'Use fault stop-task, or leave safety.drillsAtOnce out.',
  },
  {
    name: 'several drills at once, each of which waits for a settled service',
    text: `${GOOD}safety: { settled: require, drillsAtOnce: ▶3 }\n`,
    says: 'safety.drillsAtOnce: after the stop of one drill the service is not settled, and settled: require refuses the others',
    next: 'Leave one of them out.',
  },
  {
    name: 'several drills at once where a task hosts several agents',
    text: `${changed('  service: build-agents\n', '  service: build-agents\n  sharedTask: allowed\n')}safety: { drillsAtOnce: ▶3 }\n`,
    says: 'safety.drillsAtOnce: a task that hosts several agents may run the jobs of two drills',
    next: 'Leave cluster.sharedTask or safety.drillsAtOnce out.',
  },
  {
    name: 'a worker to be spared from a stop that asks for no protection',
    text: `${GOOD}expect: { worker: ▶spared }\n`,
    says: 'expect.worker: scale-in protection does not hold off stop-task',
    next: 'Use fault scale-in or deployment.',
  },
  {
    name: 'a worker to be spared by a command',
    text: `${changed('fault: stop-task', 'fault: command\n  limit: 5m')}expect: { worker: ▶spared }\n`,
    says: 'expect.worker: of a command it is not known what it changes and when that is in force',
  },
  {
    name: 'a worker to be spared from nothing',
    text: `${changed('fault: stop-task', 'fault: none')}expect: { worker: ▶spared }\n`,
    says: 'expect.worker: without a fault there is nothing to be spared from',
  },
  {
    name: 'a drain of a worker that is to be spared',
    text: `${changed('stop-task', 'scale-in')}expect: { worker: spared, drain: { ▶within: 20s } }\n`,
    says: 'expect.drain.within: a worker that is spared does not drain',
  },
  {
    name: 'a handover by a worker that is to be spared',
    text: `${changed('stop-task', 'scale-in')}expect: { worker: spared, handover: ▶allowed }\n`,
    says: 'expect.handover: a worker that is spared hands nothing over',
  },
  {
    name: 'containers of a worker that is to be spared',
    text: `${changed('stop-task', 'scale-in')}expect: { worker: spared, ▶containers: { gateway: {} } }\n`,
    says: 'expect.containers: while a worker is spared its containers go on',
  },
  {
    name: 'a reclaim by FIS without a role or a template',
    text: changed('fault: stop-task', 'fault: spot-reclaim\n  through: ▶fis'),
    says: 'inject.through: FIS needs a role for the template that the drill makes, or a template of yours',
    next: 'Add inject.role or inject.template.',
  },
  {
    name: 'a reclaim by FIS with both',
    text: changed(
      'fault: stop-task',
      'fault: spot-reclaim\n  through: fis\n  ▶role: arn:aws:iam::123456789012:role/fis\n  template: EXT1a2B3c',
    ),
    says: 'inject.role: a named template has a role of its own',
  },
  {
    name: 'a role for a reclaim that FIS does not do',
    text: changed('fault: stop-task', 'fault: spot-reclaim\n  ▶role: arn:aws:iam::123456789012:role/fis'),
    says: 'inject.role: only `through: fis` asks AWS FIS',
  },
  {
    name: 'a role that is no ARN',
    text: changed('fault: stop-task', 'fault: spot-reclaim\n  through: fis\n  role: ▶gameday-fis'),
    says: 'inject.role: expected the ARN of a role, got "gameday-fis"',
  },
  {
    name: 'a template that is no id',
    text: changed('fault: stop-task', 'fault: fis\n  template: ▶stop-tasks'),
    says: 'inject.template: expected an id such as EXT1a2B3c4D5e6F7g8H, got "stop-tasks"',
  },
  {
    name: 'an experiment without a service to watch',
    text: changed('fault: stop-task', 'fault: ▶fis\n  template: EXT1a2B3c').replace(
      '  service: build-agents\n',
      '  family: build-agent\n',
    ),
    says: 'inject.fault: fis is watched on the service whose tasks it stops, and cluster.service names none',
  },
  {
    name: 'no fault',
    text: changed('inject:\n  fault: stop-task', '▶inject: {}'),
    says: 'inject.fault is missing',
    next: 'One of stop-task, scale-in, autoscale-in, deployment, command, drain-instance, spot-reclaim, fis, none.',
  },
  {
    name: 'a trigger that there is not',
    text: changed('  step: integration', '  trigger: ▶agent-ilde\n  step: integration'),
    says: 'when.trigger: expected one of step-in-flight, agent-idle, near-end, at-fraction, fleet-busy, got "agent-ilde"',
  },
  {
    name: 'no pipeline for a step',
    text: changed('  pipeline: canary\n', '').replace('build:', '▶build:'),
    says: 'build.pipeline is missing',
    next: 'Slug of the pipeline: trigger step-in-flight waits for a step of its build.',
  },
  {
    name: 'a build beside an idle worker',
    text: changed('  step: integration\n  inFlightFor: 3s', '  trigger: agent-idle').replace(
      '  pipeline:',
      '  ▶pipeline:',
    ),
    says: 'build.pipeline: trigger agent-idle stops a worker without a job, so there is no build',
  },
  {
    name: 'an idle worker of no service or family',
    text: changed('  step: integration\n  inFlightFor: 3s', '  trigger: ▶agent-idle')
      .replace('  pipeline: canary\n', '')
      .replace('  service: build-agents', '  taskTag: { key: a, value: b }'),
    says: 'when.trigger: agent-idle looks through the tasks of a named service or family',
  },
  {
    name: 'a deployment of an idle worker',
    text: changed('  step: integration\n  inFlightFor: 3s', '  trigger: agent-idle')
      .replace('  pipeline: canary\n', '')
      .replace('fault: stop-task', 'fault: ▶deployment'),
    says: 'inject.fault: deployment takes every worker, not an idle one',
  },
  {
    name: 'a drain of an idle worker',
    text: `${changed('  step: integration\n  inFlightFor: 3s', '  trigger: agent-idle').replace('  pipeline: canary\n', '')}expect:\n  drain: { ▶within: 3s }\n`,
    says: 'expect.drain.within: trigger agent-idle stops a worker without a job',
  },
  {
    name: 'idleness of a busy worker',
    text: `${GOOD}expect:\n  idle: { ▶within: 3s }\n`,
    says: 'expect.idle.within: only trigger agent-idle stops a worker without a job',
  },
  {
    name: 'more left than there is',
    text: changed(
      '  step: integration\n  inFlightFor: 3s',
      '  trigger: near-end\n  step: integration\n  usually: 5s\n  left: ▶6s',
    ),
    says: 'when.left is not shorter than when.usually, so the injection would not come near the end',
  },
  {
    name: 'all of it left',
    text: changed(
      '  step: integration\n  inFlightFor: 3s',
      '  trigger: at-fraction\n  step: integration\n  fractionLeft: ▶1',
    ),
    says: 'when.fractionLeft: expected less than 1, got "1"',
  },
  {
    name: 'a missing block',
    text: changed('version: 1\n', '▶version: 1\n').replace('inject:\n  fault: stop-task\n', ''),
    says: 'inject is missing',
    next: 'What is injected.',
  },
  {
    name: 'a block that is no map',
    text: changed('inject:\n  fault: stop-task', 'inject: ▶stop-task'),
    says: 'inject: expected a map of keys, got "stop-task"',
  },
  {
    name: 'a list where a text belongs',
    text: changed('step: integration', 'step: ▶[integration]'),
    says: "when.step: expected a step's key, a glob of keys such as test-*, or a map with a label, got a list or a map",
  },
  {
    name: 'a step named by another property',
    text: changed('step: integration', 'step: { ▶labl: Deploy, label: Deploy }'),
    says: 'unknown key "labl" in when.step',
    next: 'Did you mean "label"? Allowed: label.',
  },
  {
    name: 'a step whose label is empty',
    text: changed('step: integration', 'step: { label: ▶"" }'),
    says: 'when.step.label: expected a text that is not empty, got nothing',
  },
  {
    name: 'a map that names no step',
    text: changed('step: integration', '▶step: {}'),
    says: 'when.step.label is missing',
    next: 'Label of the jobs.',
  },
  {
    name: 'a glob of steps whose usual time is asked for',
    text: changed(
      'when:\n  step: integration\n  inFlightFor: 3s',
      'when:\n  trigger: near-end\n  left: 3s\n  step: ▶test-*',
    ),
    says: 'when.step: a glob may name several steps, so how long one of them usually runs is not known',
    next: 'Add when.usually, or name one step.',
  },
  {
    name: 'nothing where a text belongs',
    text: changed('step: integration', 'step: ▶""'),
    says: 'when.step: expected a text that is not empty, got nothing',
  },
  {
    name: 'a number out of its range',
    text: changed('inFlightFor: 3s', 'attempts: ▶11'),
    says: 'when.attempts: expected at most 10, got "11"',
  },
  {
    name: 'a name of a variable that is none',
    text: changed('  pipeline: canary', '  pipeline: canary\n  env:\n    ▶A B: x'),
    says: 'build.env.A B: expected a variable name such as DEPLOY_TOKEN, got "A B"',
  },
  {
    name: 'an empty file',
    text: '▶',
    says: 'the file is empty',
    next: 'A scenario begins with `version: 1`.',
  },
  { name: 'a file of comments', text: '▶# nothing\n', says: 'the file is empty' },
  { name: 'a list instead of a map', text: '# a\n▶- 1\n', says: 'a scenario is a map of keys' },
  {
    name: 'two documents',
    text: `${GOOD}▶---\n${GOOD}`,
    says: 'a second document begins here',
    next: 'Put each scenario in a file of its own.',
  },
  { name: 'a key twice', text: `${GOOD}▶title: again\n`, says: 'this key appears twice here' },
  {
    name: 'broken YAML',
    text: 'version: 1\ntitle: [a\n▶build: x\n',
    says: 'not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  },
  {
    name: 'a YAML tag',
    text: changed('title: A', 'title: ▶!danger A'),
    says: 'YAML tags have no meaning in a scenario',
  },
  {
    name: 'an alias of nothing',
    text: changed('title: A step in flight survives', 'title: ▶*nobody'),
    says: 'there is no anchor of this name above the alias',
  },
  {
    name: 'deep nesting',
    text: `version: ${'['.repeat(60)}▶${'['.repeat(100_000)}`,
    says: 'nested too deeply for a scenario',
  },
  {
    name: 'deep nesting of lists',
    text: `version: 1\nx▶: ${'- '.repeat(50_000)}`,
    says: 'nested too deeply for a scenario',
  },
  {
    name: 'no named target',
    text: changed('cluster:', '▶cluster:').replace('  service: build-agents\n', ''),
    says: 'cluster: name what may be stopped',
    next: 'Add service, family or taskTag.',
  },
  {
    name: 'a running build with a branch',
    text: changed('  pipeline: canary', '  pipeline: canary\n  number: 7\n  ▶branch: main'),
    says: 'build.branch starts a new build, but build.number names a running one',
  },
  {
    name: 'a running build, and several',
    text: changed('  pipeline: canary', '  pipeline: canary\n  number: 7\n  ▶count: 3'),
    says: 'build.count starts a new build, but build.number names a running one',
  },
  {
    name: 'several builds for a fault that stops one task',
    text: changed('  pipeline: canary', '  pipeline: canary\n  count: ▶3'),
    says: 'build.count: stop-task stops one task, so that no more than one of 3 builds is stopped',
    next: 'Leave build.count out, or choose a fault that can take several workers: deployment, drain-instance, scale-in.',
  },
  {
    name: 'more builds than there may be',
    text: changed('  pipeline: canary', '  pipeline: canary\n  count: ▶101'),
    says: 'build.count: expected at most 100, got "101"',
  },
  {
    name: "an ARN's region beside another",
    text: changed('region: us-east-1', 'region: ▶us-east-2').replace(
      'name: build-prod',
      'name: arn:aws:ecs:us-east-1:123456789012:cluster/build-prod',
    ),
    says: "cluster.region is not the region of the cluster's ARN, us-east-1",
  },
  {
    name: 'a host name without a service',
    text: changed('  service: build-agents', '  taskTag: { key: a, value: b }\n  mapping: ▶hostname'),
    says: 'cluster.mapping: hostname needs a named service or family',
  },
  {
    name: 'a drain longer than the watch',
    text: `${GOOD}expect: { drain: { within: ▶30m } }\n`,
    says: 'expect.drain.within is longer than limits.verdictWithin (20m)',
  },
  {
    name: 'a poll longer than the watch',
    text: `${GOOD}limits: { verdictWithin: 10s, pollEvery: ▶20s }\n`,
    says: 'limits.pollEvery is longer than limits.verdictWithin (10s)',
  },
  {
    name: 'a control without a rig',
    text: `${GOOD}▶control: { outcome: failed, reason: lost }\n`,
    says: 'control: a negative control needs a rig',
  },
  {
    name: 'a control that contradicts itself',
    text: `${GOOD}rig: a.yaml\ncontrol: { outcome: passed, reason: ▶lost }\n`,
    says: 'control.reason: lost belongs to the outcome failed',
  },
  {
    name: 'a counter that is read in two ways',
    text: counted('▶flushed: { url: "https://a/{task}", command: [read, "{task}"] }'),
    says: 'expect.containers.gateway.flushed: give exactly one of url and command',
  },
  {
    name: 'a counter that is read in no way',
    text: counted('▶flushed: { stillFor: 1s }'),
    says: 'expect.containers.gateway.flushed: give exactly one of url and command',
  },
  {
    name: 'a counter of no task',
    text: counted('▶flushed: { command: [read, "{container}"] }'),
    says: 'expect.containers.gateway.flushed: nothing says of which task the counter is',
    next: 'Write {task} where the id of the task belongs.',
  },
  {
    name: 'a counter whose host is a task',
    text: counted('flushed: { url: ▶"https://{task}/counter" }'),
    says: 'expect.containers.gateway.flushed.url: expected an http or https address without credentials, with {task} in its path or query, got "https://{task}/counter"',
  },
  {
    name: 'a counter at no address',
    text: counted('▶flushed: { url: "https://metrics:99999/{task}" }'),
    says: 'expect.containers.gateway.flushed: url is no address',
    next: 'Check its host and port.',
  },
  {
    name: 'a counter that never stands still',
    text: counted('flushed: { command: [read, "{task}"], stillFor: ▶1h }'),
    says: 'expect.containers.gateway.flushed.stillFor: expected a duration from 100ms to 10m, got "1h"',
  },
  {
    name: 'a counter of a fault that takes all tasks',
    text: counted('▶flushed: { command: [read, "{task}"] }').replace('stop-task', 'deployment'),
    says: 'expect.containers.gateway.flushed: the fault takes every task of the service, and counters are read only of tasks that are known before',
    next: 'Leave it out, or use another fault.',
  },
  {
    name: 'a halt condition with two sources',
    text: `${GOOD}safety: { haltWhen: [▶{ name: a, file: b, url: "http://localhost/" }] }\n`,
    says: 'safety.haltWhen[0]: give exactly one of file and url',
  },
  {
    name: 'an unknown time zone',
    text: `${GOOD}safety: { window: { timeZone: ▶Europe/Atlantis, hours: "09:00-17:00" } }\n`,
    says: 'safety.window.timeZone: no such IANA time zone',
  },
  {
    name: 'an offset for a time zone',
    text: `${GOOD}safety: { window: { timeZone: ▶"+01:00", hours: "09:00-17:00" } }\n`,
    says: 'safety.window.timeZone: no such IANA time zone',
  },
  {
    name: 'hours that are none',
    text: `${GOOD}safety: { window: { timeZone: UTC, hours: ▶"9-17" } }\n`,
    says: 'safety.window.hours: expected hours such as 09:00-17:00, got "9-17"',
  },
  {
    name: 'a window without length',
    text: `${GOOD}safety: { window: { timeZone: UTC, hours: ▶"09:00-09:00" } }\n`,
    says: 'safety.window.hours: the window begins and ends at the same time',
  },
  {
    name: 'a day that does not exist',
    text: `${GOOD}safety: { window: { timeZone: UTC, hours: "09:00-17:00", blackout: [2028-02-29, ▶2026-02-29] } }\n`,
    says: 'safety.window.blackout[1]: expected a date such as 2026-12-24, got "2026-02-29"',
  },
  {
    name: 'a secret that is nowhere',
    text: `${GOOD}secrets: [▶DEPLOY_TOKN]\n`,
    says: 'secrets: neither a variable nor build.env has the name DEPLOY_TOKN',
  },
  {
    name: 'a secret that is literal',
    text: `${changed('  pipeline: canary', '  pipeline: canary\n  env: { DEPLOY_KEY: ▶hunter2-hunter2 }')}secrets: [DEPLOY_KEY]\n`,
    says: 'build.env.DEPLOY_KEY: a secret is written here literally',
    next: 'Write "${DEPLOY_KEY}" and set the variable.',
  },
  {
    name: 'a variable that is a secret by its name',
    text: changed('  pipeline: canary', '  pipeline: canary\n  env: { AWS_SECRET_ACCESS_KEY: ▶wJalr }'),
    says: 'build.env.AWS_SECRET_ACCESS_KEY: a secret is written here literally',
  },
  {
    name: 'a literal address of a hook',
    text: `${GOOD}notify: [{ slack: { url: ▶"https://hooks.slack.com/services/T0/B0/abc" } }]\n`,
    says: 'notify.0.slack.url: a secret is written here literally',
    next: 'Write "${NAME}" and set the variable.',
  },
  {
    name: 'an address of a hook from a variable that is not set',
    text: `${GOOD}notify: [{ slack: { url: "▶\${HOOK}" } }]\n`,
    says: 'the variable HOOK is not set',
  },
  {
    name: 'a literal key of a hook',
    text: `${GOOD}notify:\n  - webhook: { secret: ▶sixteen-letters-and-more, url: "\${HOOK}" }\n`,
    variables: { HOOK: 'https://hooks.example/x' },
    says: 'notify.0.webhook.secret: a secret is written here literally',
  },
  {
    name: 'a Buildkite token',
    text: changed('title: A', `title: ▶bkua_${'0a'.repeat(20)} A`),
    says: 'a Buildkite token is written here literally',
  },
  {
    name: 'an AWS key in a comment',
    text: `${GOOD}# ▶AKIA${'Q7'.repeat(8)}\n`,
    says: 'an AWS access key is written here literally',
  },
  {
    name: 'a GitHub token',
    text: changed('title: A', `title: ▶ghp_${'a1'.repeat(18)} A`),
    says: 'a GitHub token is written here literally',
  },
  {
    name: 'an address with credentials',
    text: changed('title: A', 'title: ▶https://me:s3cret@example.test/ A'),
    says: 'an address with credentials is written here literally',
  },
];

describe('bad input', () => {
  it.each(cases)('$name', ({ text: marked, says, next, variables }) => {
    const { text, at } = unmarked(marked);
    const reading = read(text, variables);
    expect(said(reading)).toEqual([`${at} ${says}`]);
    expect(reading.scenario).toBeNull();
    if (next !== undefined) expect(reading.problems[0]?.next).toBe(next);
  });

  it('tells everything at once, in the order of the text', () => {
    const text = changed('  step: integration\n  inFlightFor: 3s', '  inFlightFor: soon').replace(
      'fault: stop-task',
      'fault: "yes"',
    );
    expect(said(read(`${text}colour: red\n`))).toEqual([
      '10:1 when.step is missing',
      expect.stringMatching(/^11:16 when.inFlightFor: expected a duration/),
      expect.stringMatching(/^13:10 inject.fault: expected one of/),
      '14:1 unknown key "colour"',
    ]);
  });

  it('never repeats a literal token', () => {
    const token = `bkua_${'0a'.repeat(20)}`;
    const reading = read(changed('fault: stop-task', `fault: ${token}\n  ${token}: 1`));
    expect(reading.problems).toHaveLength(4);
    expect(JSON.stringify(reading.problems)).not.toContain(token);
  });

  it('refuses an anchor bomb without unfolding it', () => {
    const levels = Array.from(
      { length: 30 },
      (_, n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 9 }, () => `*a${n}`).join(', ')}]`,
    );
    const reading = read(['a0: &a0 x', ...levels, GOOD].join('\n'));
    expect(said(reading).filter((line) => line.includes('aliases expanded'))).toHaveLength(1);
  });

  it('refuses a file of more values than a scenario can hold', () => {
    const lines = said(read(`${GOOD}secrets: [${'A, '.repeat(5000)}A]\n`, { A: 'long enough' }));
    expect(lines.map((line) => line.split(' ').slice(1).join(' '))).toContain(
      'more than 5000 values (aliases expanded), or nested too deeply',
    );
  });

  it('accepts an anchor that is used twice', () => {
    const text = changed('title: A step in flight survives', 'title: &t Twice').replace(
      '  pipeline: canary',
      '  pipeline: canary\n  message: *t',
    );
    expect(read(text).scenario?.build.message).toBe('Twice');
  });
});
