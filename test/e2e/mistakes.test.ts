import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli, documentIn } from '../support/cli.ts';
import { json, startServer } from '../support/http-server.ts';
import { makeAuthority, makeTlsFront } from '../support/made-proxy.ts';
import { surroundings } from './support/case.ts';
import { writeScenario } from './support/files.ts';
import type { CaseFiles } from './support/files.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

/** What a person is told: all that was wrong or the drill's reason, and the next move. */
interface Told {
  readonly code: number;
  readonly says: string;
  readonly next: string;
  /** Where a drill was begun. */
  readonly reason?: string;
}

/** A mistake, and what it is answered with. Without `args` the scenario is run with --yes. */
interface Mistake extends Told {
  readonly name: string;
  readonly args?: readonly string[];
  readonly scenario?: CaseFiles['scenario'];
  readonly env?: Readonly<Record<string, string>>;
}

const STEPS = [
  { key: 'integration', command: 'sleep 1' },
  { key: 'unit', command: 'sleep 1' },
];

const ON_THE_COMMAND_LINE: readonly Mistake[] = [
  {
    name: 'an unknown flag',
    args: ['run', '--yse', 'scenario.yaml'],
    code: 2,
    says: 'gameday run has no flag --yse',
    next: 'Did you mean --yes? `gameday run --help` lists its flags.',
  },
  {
    name: 'a flag given twice',
    args: ['run', '--out', 'a', '--out', 'b', 'scenario.yaml'],
    code: 2,
    says: '--out is given twice',
    next: 'Keep one of them.',
  },
  {
    name: 'a flag without its value',
    args: ['run', 'scenario.yaml', '--out'],
    code: 2,
    says: '--out has no value',
    next: '`gameday run --help` says what it takes.',
  },
  {
    name: 'no file',
    args: ['run', '--yes'],
    code: 2,
    says: 'gameday run needs FILE: scenario files, or shipped scenarios by name: @exec-form',
    next: '`gameday run --help` shows how it is given.',
  },
  {
    name: 'a variable without =',
    args: ['run', 'scenario.yaml', '--var', 'BRANCH'],
    code: 2,
    says: '--var must be NAME=value, with a NAME of letters, digits and _',
    next: 'Write it as --var BRANCH=main.',
  },
  {
    name: 'no drills at once',
    args: ['run', '--parallel', '0', 'scenario.yaml'],
    code: 2,
    says: '--parallel "0" is no count from 1 to 1000',
    next: 'Write it as --parallel 10.',
  },
  {
    name: 'no jobs in a pipeline',
    args: ['pipeline', '--parallel', '0', 'scenario.yaml'],
    code: 2,
    says: '--parallel "0" is not an integer greater than or equal to 1',
    next: '`gameday pipeline --help` says what it takes.',
  },
  {
    name: 'an executor that there is not',
    args: ['run', '--executor', 'namespaces', 'scenario.yaml'],
    code: 2,
    says: '--executor "namespaces" is none of namespace, process, container',
    next: 'Did you mean namespace?',
  },
  {
    name: 'a scenario that is not there',
    args: ['run', 'scenaro.yaml'],
    code: 2,
    says: 'there is no such file',
    next: 'Did you mean scenario.yaml?',
  },
  {
    name: 'a mistyped shipped scenario',
    args: ['run', '--rig', '@exec-frm'],
    code: 2,
    says: 'gameday ships no scenario with the name exec-frm',
    next: 'Did you mean @exec-form? A file whose name begins with @ is given as ./@exec-frm.',
  },
  {
    name: 'a folder in the place of a scenario',
    args: ['validate', 'folder'],
    code: 2,
    says: 'is a folder, not a scenario file',
    next: 'Name the files in it.',
  },
  {
    name: 'a binary in the place of a scenario',
    args: ['validate', 'binary'],
    code: 2,
    says: 'is not a text file in UTF-8',
    next: 'Give a text file: a scenario is YAML.',
  },
  {
    name: 'a pipe in the place of a scenario',
    args: ['validate', '/dev/null'],
    code: 2,
    says: 'is a device, a pipe or a socket, not a file',
    next: 'Give a scenario file.',
  },
  {
    name: 'a dump in the place of a scenario',
    args: ['validate', 'large'],
    code: 2,
    says: 'is larger than 1 MB, the limit for a scenario file',
    next: 'Give the file of one drill: it has some kilobytes.',
  },
  {
    name: 'a reporter that there is not',
    args: ['run', '--reporter', 'jnuit=report.xml', 'scenario.yaml'],
    code: 2,
    says: 'there is no reporter "jnuit"',
    next: 'Did you mean junit? The reporters are: terminal, log, json, junit, test-engine, markdown, html, svg, otel.',
  },
  {
    name: 'a report below a file',
    args: ['run', '--reporter', 'junit=block.yaml/report.xml', 'scenario.yaml'],
    code: 2,
    says: '--reporter junit=block.yaml/report.xml: the file cannot be written: something on this path is a file (ENOTDIR)',
    next: 'Name a file in an existing folder that this user may write to.',
  },
  {
    name: 'a file in the place of the folder of the drills',
    args: ['run', '--yes', '--out', 'block.yaml/drills', 'scenario.yaml'],
    code: 2,
    says: '--out block.yaml/drills cannot be written: FOLDER/block.yaml is no folder',
    next: 'Name a folder.',
  },
  {
    name: 'the same by its variable',
    env: { GAMEDAY_OUT: 'block.yaml' },
    code: 2,
    says: 'GAMEDAY_OUT block.yaml cannot be written: FOLDER/block.yaml is no folder',
    next: 'Name a folder.',
  },
  {
    name: 'a file in the place of the state directory',
    env: { GAMEDAY_STATE_DIR: 'block.yaml' },
    code: 2,
    says: 'the state directory (GAMEDAY_STATE_DIR) block.yaml cannot be written: FOLDER/block.yaml is no folder',
    next: 'Name a folder.',
  },
  {
    name: 'a file in the place of the ledger',
    args: ['run', '--yes', '--ledger', 'block.yaml', 'scenario.yaml'],
    code: 2,
    says: '--ledger block.yaml cannot be written: FOLDER/block.yaml is no folder',
    next: 'Name a folder.',
  },
  {
    name: 'an address of S3 that lacks a slash',
    args: ['run', '--yes', '--ledger', 's3:/acme-game-days', 'scenario.yaml'],
    code: 2,
    says: '"s3:/acme-game-days" lacks a slash: an address begins with s3://',
    next: 'Write it as s3://BUCKET/PREFIX. A folder of that name is given as ./s3:/acme-game-days',
  },
  {
    name: 'a wrong value in a variable of a flag',
    env: { GAMEDAY_PARALLEL: 'ten' },
    code: 2,
    says: 'GAMEDAY_PARALLEL "ten" is no count from 1 to 1000',
    next: 'Write it as GAMEDAY_PARALLEL=10.',
  },
  {
    name: 'a time after which an agent is lost that is none',
    env: { GAMEDAY_LOST_AFTER: 'soon' },
    code: 2,
    says: 'GAMEDAY_LOST_AFTER is not a duration',
    next: 'Write it as 5m or 240s.',
  },
  {
    name: 'a proxy that is no URL',
    env: { HTTPS_PROXY: 'proxy.corp:port' },
    code: 2,
    says: 'HTTPS_PROXY is not the URL of a proxy',
    next: "Set HTTPS_PROXY to the proxy's URL, as http://HOST:PORT.",
  },
  {
    name: 'a scenario in the place of a task definition',
    args: ['preflight', '--task-definition', 'scenario.yaml'],
    code: 2,
    says: 'this is a scenario, and a JSON document of ECS is wanted here',
    next: '`gameday preflight --scenario FILE` checks the service of a scenario; `gameday run --rig FILE` plays it.',
  },
  {
    name: 'a scenario in YAML in the place of a task definition',
    args: ['rehearse', '--task-definition', 'block.yaml'],
    code: 2,
    says: 'this is a scenario, and a JSON document of ECS is wanted here',
    next: '`gameday preflight --scenario FILE` checks the service of a scenario; `gameday run --rig FILE` plays it.',
  },
];

const ON_SERVICES: readonly Mistake[] = [
  {
    name: 'no token',
    env: { BUILDKITE_API_TOKEN: '' },
    code: 2,
    says: 'BUILDKITE_API_TOKEN is not set',
    next: 'Set it to an API token with GraphQL access.',
  },
  {
    name: 'a token that Buildkite does not know',
    env: { BUILDKITE_API_TOKEN: 'bkua_0123456789abcdef' },
    reason: 'buildkite-unauthorized',
    code: 4,
    says: 'pipeline canary: Buildkite does not accept the token (HTTP 401): Authentication required. Please supply a valid API Access Token: https://buildkite.com/docs/apis/graphql-api#authentication',
    next: 'Check BUILDKITE_API_TOKEN and that GraphQL access is enabled for it.',
  },
  {
    name: 'a mistyped organization',
    scenario: { build: { organization: 'acne' } },
    reason: 'no-such-organization',
    code: 4,
    says: 'pipeline canary: Buildkite shows no organization "acne" to this token; the organizations of this token are acme; the nearest is acme',
    next: 'Correct build.organization or BUILDKITE_ORGANIZATION_SLUG, or use a token of that organization.',
  },
  {
    name: 'a mistyped pipeline',
    scenario: { build: { pipeline: 'canry' } },
    reason: 'no-such-pipeline',
    code: 4,
    says: 'pipeline canry: Buildkite shows no pipeline "canry" in "acme" to this token; the pipelines are canary, held, keyless, queued; the nearest is canary',
    next: "Correct build.pipeline: the slug in the pipeline's address; or let the token see the pipeline.",
  },
  {
    name: 'a mistyped cluster',
    scenario: { cluster: { name: 'build-prd' } },
    reason: 'no-such-cluster',
    code: 4,
    says: 'cluster build-prd: ECS knows no cluster "build-prd" there; the clusters are build-prod; the nearest is build-prod',
    next: 'Check cluster.name, its region and the account of the credentials.',
  },
  {
    name: 'a mistyped service',
    scenario: { cluster: { service: 'build-agent' } },
    reason: 'no-such-service',
    code: 4,
    says: 'service build-agent: ECS knows no service "build-agent" in cluster "build-prod" there; the services are build-agents; the nearest is build-agents',
    next: 'Check cluster.service: `aws ecs list-services --cluster CLUSTER` lists the services of a cluster.',
  },
  {
    name: 'a mistyped step',
    scenario: { when: { step: 'integraton' } },
    reason: 'no-such-step',
    code: 4,
    says: 'pipeline canary has no step with key "integraton", and no job of such a step passed lately; the keys are integration, unit; the nearest is integration',
    next: 'Name a step of the pipeline in when.step, or give that step its key.',
  },
  {
    name: 'a pipeline whose steps have no keys',
    scenario: { build: { pipeline: 'keyless' } },
    reason: 'no-such-step',
    code: 4,
    says: 'pipeline keyless has no step with key "integration", and no job of such a step passed lately; none of its steps has a key; the labels are Integration tests',
    next: 'Name a step of the pipeline in when.step, or give that step its key.',
  },
  {
    name: 'a queue that no agent has',
    scenario: { build: { pipeline: 'queued' }, when: { startWithin: '3s' } },
    reason: 'step-never-ran',
    code: 11,
    says: 'step integration was not in flight for 300 ms within 3.0 s',
    next: 'Its job was SCHEDULED, so no agent had taken it: check its queue (agents: in the pipeline), and that an agent of that queue is free.',
  },
  {
    name: 'a step that is too short',
    scenario: { when: { inFlightFor: '1m' } },
    reason: 'step-never-ran',
    code: 11,
    says: 'build N is PASSED; step integration ended (FINISHED) before it had been in flight for long enough',
    next: 'The step ran shorter than when.inFlightFor (1 min 0 s): lower it, or use a longer step.',
  },
  {
    name: 'a build that there is not',
    scenario: { build: { number: 99 } as Readonly<Record<string, unknown>> },
    reason: 'build-not-created',
    code: 4,
    says: 'build acme/canary/99: Buildkite shows no build acme/canary/99 to this token',
    next: 'Read what Buildkite answered; if the scenario names a build, check build.pipeline and build.number.',
  },
  {
    name: 'a region mistyped in the environment',
    scenario: { cluster: { region: null } },
    env: { AWS_REGION: 'us-esat-1' },
    code: 2,
    says: 'AWS has no region "us-esat-1"',
    next: 'Did you mean us-east-1?',
  },
  {
    name: 'credentials that AWS does not know',
    env: { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE00' },
    reason: 'aws-unauthorized',
    code: 4,
    says: 'cluster build-prod: AWS does not accept our credentials for DescribeClusters: UnrecognizedClientException: The security token included in the request is invalid.',
    next: 'Set AWS credentials that are valid now; `aws sts get-caller-identity` shows which are used.',
  },
  {
    name: 'a call of the fault that AWS denies',
    scenario: { build: { pipeline: 'held' }, inject: { fault: 'scale-in' } },
    reason: 'aws-denied',
    code: 4,
    says: 'UpdateService was refused, so service build-agents keeps its desired count of 2: AWS denies UpdateService: AccessDeniedException: User: arn:aws:iam::123456789012:user/rig is not authorized to perform this action',
    next: 'Grant the action that is named; `gameday iam --check` lists all that a drill was denied.',
  },
  {
    name: 'neither a terminal nor --yes',
    args: ['run', 'scenario.yaml'],
    reason: 'confirm-needed',
    code: 3,
    says: 'confirm: there is no terminal to ask, and --yes was not given',
    next: 'Run it on a terminal, or give --yes.',
  },
];

/** Where a service does not answer, or answers what it should not; the addresses are those of made servers. */
function listAway(
  at: Readonly<Record<'untrusted' | 'misnamed' | 'plain' | 'tokenless' | 'expired', string>>,
  authority: string,
): readonly Mistake[] {
  return [
    {
      name: 'a port where nobody listens',
      env: { AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:9' },
      reason: 'aws-unreachable',
      code: 4,
      says: 'cluster build-prod: ECS: no connection to 127.0.0.1:9 (ECONNREFUSED) at DescribeClusters',
      next: 'Check the network, the region and the endpoint.',
    },
    {
      name: 'a host that there is not',
      env: { BUILDKITE_GRAPHQL_ENDPOINT: 'https://graphql.invalid/v1' },
      reason: 'buildkite-unreachable',
      code: 4,
      says: 'pipeline canary: Buildkite: no connection to graphql.invalid:443: its name is not known (ENOTFOUND) at Pipeline',
      next: 'Check the network and the endpoint.',
    },
    {
      name: 'a proxy that is not there',
      env: { BUILDKITE_GRAPHQL_ENDPOINT: 'https://graphql.invalid/v1', HTTPS_PROXY: 'http://127.0.0.1:9' },
      reason: 'buildkite-unreachable',
      code: 4,
      says: 'pipeline canary: Buildkite: no connection to the proxy 127.0.0.1:9 (HTTPS_PROXY) (ECONNREFUSED) at Pipeline',
      next: 'Check the network and the endpoint.',
    },
    {
      name: 'a certificate of an authority that Node does not know',
      env: { BUILDKITE_GRAPHQL_ENDPOINT: at.untrusted },
      reason: 'buildkite-unreachable',
      code: 4,
      says: 'pipeline canary: Buildkite: no TLS connection to HOST: its certificate is of no authority that Node trusts (UNABLE_TO_VERIFY_LEAF_SIGNATURE); NODE_EXTRA_CA_CERTS names the file of an authority of your own at Pipeline',
      next: "If that is your own certificate authority, set NODE_EXTRA_CA_CERTS to its file; else find out who answers in the service's place.",
    },
    {
      name: 'a certificate of another name',
      env: { BUILDKITE_GRAPHQL_ENDPOINT: at.misnamed, NODE_EXTRA_CA_CERTS: authority },
      reason: 'buildkite-unreachable',
      code: 4,
      says: 'pipeline canary: Buildkite: no TLS connection to HOST: its certificate is of another name (ERR_TLS_CERT_ALTNAME_INVALID) at Pipeline',
      next: 'Use the name that the certificate has in the endpoint, or find out who answers in the place of that host.',
    },
    {
      name: 'https at a port that speaks http',
      env: { BUILDKITE_GRAPHQL_ENDPOINT: at.plain },
      reason: 'buildkite-unreachable',
      code: 4,
      says: 'pipeline canary: Buildkite: no TLS connection to HOST: what answers there speaks no TLS (ERR_SSL) at Pipeline',
      next: 'Check the port of the endpoint: something else than an https service answers there.',
    },
    {
      name: 'a token without GraphQL access',
      env: { BUILDKITE_GRAPHQL_ENDPOINT: at.tokenless },
      reason: 'buildkite-unauthorized',
      code: 4,
      says: "pipeline canary: Buildkite denies Pipeline (HTTP 403): Your access token doesn't have the graphql scope",
      next: 'Give the token GraphQL access on its page in Buildkite (API Access Tokens), or set BUILDKITE_API_TOKEN to one that has it.',
    },
    {
      name: 'credentials that have expired',
      env: { AWS_ENDPOINT_URL_ECS: at.expired },
      reason: 'aws-unauthorized',
      code: 4,
      says: 'cluster build-prod: the AWS credentials have expired, so AWS refuses DescribeClusters: ExpiredTokenException: The security token included in the request is expired',
      next: 'Fetch new credentials, then run the drill again: they must hold until its verdict.',
    },
  ];
}

function answerTo({ code, says, next, reason }: Mistake): Told {
  return { code, says, next, ...(reason !== undefined && { reason }) };
}

let files = 0;

async function tell({ folder, env }: Standing, mistake: Mistake): Promise<Told> {
  files += 1;
  const file = `mistake-${String(files)}.yaml`;
  if (mistake.scenario !== undefined) await writeScenario(folder, { scenario: mistake.scenario }, file);
  const args = mistake.args ?? ['run', '--yes', mistake.scenario === undefined ? 'scenario.yaml' : file];
  const [command = '', ...rest] = args;
  const ended = await cli([command, '--json', ...rest], folder, {
    ...surroundings(folder),
    ...env,
    ...mistake.env,
  });
  const { errors, drills } = documentIn(ended.stdout);
  const told = [
    ...errors.map(({ message, next }) => ({ says: message.replace(folder, 'FOLDER'), next: next ?? '' })),
    ...drills.map(({ said, next, reason }) => ({
      reason,
      says: said
        .replace(/^build \d+/, 'build N')
        .replace(/ 127\.0\.0\.1:\d{4,}/, ' HOST')
        .replace(/ERR_SSL_\w+/, 'ERR_SSL'),
      next,
    })),
  ];
  expect(told, ended.stdout).toHaveLength(1);
  return { code: ended.code ?? -1, says: '', next: '', ...told[0] };
}

/** Each has a lock of its own, so that all of them wait for a service at the same time. */
async function tellAway(stage: Standing): Promise<void> {
  const authority = await makeAuthority(stage.folder, ['buildkite.example']);
  const front = await makeTlsFront(authority, () => 9);
  const tokenless = await startServer((_seen, response) =>
    json(response, 403, { errors: [{ message: "Your access token doesn't have the graphql scope" }] }),
  );
  const message = 'The security token included in the request is expired';
  const expired = await startServer((_seen, response) =>
    json(
      response,
      400,
      { __type: 'ExpiredTokenException', message },
      { 'content-type': 'application/x-amz-json-1.1' },
    ),
  );
  try {
    const tls = `https://127.0.0.1:${String(front.port)}/`;
    const at = {
      untrusted: tls,
      misnamed: tls,
      plain: tokenless.url.replace('http:', 'https:'),
      tokenless: tokenless.url,
      expired: expired.url,
    };
    const rows = listAway(at, authority.file).map((row, nth) => ({
      ...row,
      env: { ...row.env, GAMEDAY_STATE_DIR: `state-${String(nth)}` },
    }));
    expect(await Promise.all(rows.map((row) => tell(stage, row)))).toEqual(rows.map(answerTo));
  } finally {
    await Promise.all([front, tokenless, expired].map((server) => server.close()));
  }
}

test('a mistake is answered with what is wrong and what to do, and no task is stopped', async () => {
  const given = {
    steps: STEPS,
    rig: {
      faulty: { ecs: [{ operation: 'UpdateService', count: 'forever', do: { answer: 403 } }] },
      pipelines: [
        { slug: 'canary', steps: 'canary.yaml' },
        { slug: 'held', steps: 'held.yaml' },
        { slug: 'keyless', steps: 'keyless.yaml' },
        { slug: 'queued', steps: 'queued.yaml' },
      ],
    },
    files: {
      'held.yaml': { steps: [{ key: 'integration', command: 'sleep 60' }] },
      'keyless.yaml': { steps: [{ label: 'Integration tests', command: 'sleep 1' }] },
      'queued.yaml': { agents: { queue: 'defualt' }, steps: STEPS },
    },
    texts: {
      large: '#'.repeat(1_100_000),
      binary: '\0\u0001',
      'block.yaml': 'version: 1\nwhen:\n  step: a\ninject:\n  fault: none\n',
    },
  };
  await standing(given, async (stage) => {
    await mkdir(join(stage.folder, 'folder'));
    // Those on the command line contact nothing, so that they cannot disturb each other.
    const lines = await Promise.all(ON_THE_COMMAND_LINE.map((mistake) => tell(stage, mistake)));
    expect(lines).toEqual(ON_THE_COMMAND_LINE.map(answerTo));
    for (const mistake of ON_SERVICES)
      expect(await tell(stage, mistake), mistake.name).toEqual(answerTo(mistake));
    await tellAway(stage);
    expect((await stage.counts()).stopTaskLanded).toEqual({});
    // Build 1 of the pipeline is the one whose step was too short.
    expect(
      await tell(stage, { name: '', code: 11, says: '', next: '', scenario: { build: { number: 1 } } }),
    ).toEqual({
      code: 11,
      reason: 'step-never-ran',
      says: 'build N is PASSED; step integration ended (FINISHED) before it had been in flight for long enough',
      next: 'Build 1 was over before the drill began: name one that runs, or leave build.number out.',
    });
  });
});
