import { expect, test } from 'vitest';
import { changed, GOOD, read } from '../scenario/marked.ts';

/** A mistake in a scenario file, or another file in its place: its only problem, and the next move. */
const MISTAKES: readonly (readonly [name: string, text: string, says: string, next: string])[] = [
  [
    'a file of a newer format',
    changed('version: 1', 'version: 2'),
    '1:10 version: this scenario is of format 2, and this gameday reads format 1 alone',
    'Upgrade gameday to a version that reads format 2.',
  ],
  [
    'the version in quotes',
    changed('version: 1', 'version: "1"'),
    '1:10 version: expected the number 1, got the text "1"',
    'Write version: 1, without quotes.',
  ],
  [
    'no version',
    changed('version: 1\n', ''),
    '1:1 version is missing',
    'A scenario begins with `version: 1`.',
  ],
  [
    'a task definition in the place of a scenario',
    '{ "family": "agents", "containerDefinitions": [{ "name": "agent" }] }',
    '1:1 this is a task definition, not a scenario',
    '`gameday rehearse` and `gameday preflight` read task definitions.',
  ],
  [
    'what describe-task-definition prints in the place of a scenario',
    '{ "taskDefinition": { "containerDefinitions": [] }, "tags": [] }',
    '1:1 this is a task definition, not a scenario',
    '`gameday rehearse` and `gameday preflight` read task definitions.',
  ],
  [
    'a rig file in the place of a scenario',
    'organization: acme\ncluster: build-prod\npipelines: [{ slug: canary, steps: canary.yml }]\n',
    '1:1 this is a rig file, not a scenario',
    'Name it in a scenario (`rig: FILE`), or start it with `gameday rig up FILE`.',
  ],
  [
    'a pipeline in the place of a scenario',
    'agents: { queue: default }\nsteps:\n  - command: make test\n',
    '1:1 this is a Buildkite pipeline, not a scenario',
    'A scenario names a pipeline by its slug: build.pipeline.',
  ],
  [
    'a journal in the place of a scenario',
    '{"v":1,"seq":1,"at":1}\n{"v":1,"seq":2,"at":2}\n',
    "1:1 this is a drill's journal, not a scenario",
    '`gameday drills show` reads it.',
  ],
  [
    'a result in the place of a scenario',
    '{ "version": 1, "title": "x", "outcome": "passed", "exitCode": 0, "build": {} }',
    '1:1 this is what a drill gave, not a scenario',
    'Name the scenario file of that drill.',
  ],
  [
    'some other JSON file in the place of a scenario',
    '{ "dependencies": {} }',
    '1:1 this is not a scenario: it has none of the keys of one',
    'A scenario has version, title, build, cluster, when, inject, expect, limits, safety, preflight, notify, secrets, rig, control.',
  ],
  ['an empty file', '', '1:1 the file is empty', 'A scenario begins with `version: 1`.'],
  ['a list', '- a\n', '1:1 a scenario is a map of keys', 'It begins with `version: 1`.'],
  [
    'tabs in YAML',
    changed('  organization', '\torganization'),
    '4:1 this line is indented by a tab, which YAML does not allow',
    'Indent it with spaces.',
  ],
  ['a key twice', `${GOOD}title: again\n`, '15:1 this key appears twice here', 'Keep one of them.'],
  [
    'a duration without its unit',
    changed('inFlightFor: 3s', 'inFlightFor: 3'),
    '12:16 when.inFlightFor: expected a duration such as 500ms, 10s, 5m or 1h30m, got "3"',
    'Did you mean 3s?',
  ],
  [
    'a variable that is not set',
    changed('pipeline: canary', 'pipeline: "${PIPELINE}"'),
    '5:14 the variable PIPELINE is not set',
    'Give --var PIPELINE=value, or set it in the environment.',
  ],
  [
    'a mistyped region',
    changed('us-east-1', 'us-esat-1'),
    '7:11 cluster.region: AWS has no region us-esat-1',
    'Did you mean us-east-1?',
  ],
  [
    "another region's service",
    changed(
      'service: build-agents',
      'service: arn:aws:ecs:eu-west-1:123456789012:service/build-prod/build-agents',
    ),
    '9:12 cluster.service: its ARN is of region eu-west-1, and the cluster of us-east-1',
    'Give the ARN of the service in this cluster, or its name alone.',
  ],
  [
    "another cluster's service",
    changed(
      'service: build-agents',
      'service: arn:aws:ecs:us-east-1:123456789012:service/build-test/build-agents',
    ),
    '9:12 cluster.service: its ARN is of cluster build-test, and cluster.name is build-prod',
    'Give the ARN of the service in this cluster, or write cluster.name: build-test.',
  ],
  [
    "another account's service",
    changed('name: build-prod', 'name: arn:aws:ecs:us-east-1:210987654321:cluster/build-prod').replace(
      'service: build-agents',
      'service: arn:aws:ecs:us-east-1:123456789012:service/build-prod/build-agents',
    ),
    "9:12 cluster.service: its ARN is of account 123456789012, and the cluster's of 210987654321",
    'Give the ARN of the service in this cluster, or its name alone.',
  ],
  [
    'a mistyped key',
    changed('  step:', '  stpe: x\n  step:'),
    '11:3 unknown key "stpe" in when',
    'Did you mean "step"? Allowed: trigger, step, inFlightFor, startWithin, attempts.',
  ],
  [
    'a mistyped fault',
    changed('stop-task', 'stop-tsak'),
    '14:10 inject.fault: expected one of stop-task, scale-in, autoscale-in, deployment, command, drain-instance, spot-reclaim, fis, none, got "stop-tsak"',
    'Did you mean "stop-task"?',
  ],
];

test.each(MISTAKES)('%s', (_name, text, says, next) => {
  const reading = read(text);
  expect(reading.scenario).toBeNull();
  const shown = reading.problems.map((one) => ({
    says: `${reading.position(one.offset)} ${one.message}`,
    next: one.next,
  }));
  expect(shown).toEqual([{ says, next }]);
});

test('ARNs of one place agree, and give the region that is not written', () => {
  const arn = 'service: arn:aws:ecs:eu-west-1:123456789012:service/build-prod/build-agents';
  const agreeing = changed('service: build-agents', arn).replace('us-east-1', 'eu-west-1');
  expect(read(agreeing).problems).toEqual([]);
  const { scenario } = read(agreeing.replace('  region: eu-west-1\n', ''));
  expect(scenario?.cluster).toMatchObject({ region: 'eu-west-1', service: 'build-agents' });
  // An old ARN of a service does not name its cluster.
  expect(read(agreeing.replace('build-prod/build-agents', 'build-agents')).problems).toEqual([]);
});

test.each([
  'eu-west-1',
  'us-gov-west-1',
  'cn-northwest-1',
  'us-isob-east-1',
  'eusc-de-east-1',
  'mx-central-1',
  'xx-outland-9',
])('no name of a region is called wrong that may be one: %s', (region) => {
  expect(read(changed('us-east-1', region)).problems).toEqual([]);
});
