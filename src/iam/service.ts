import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { cloudFormationOf } from './cloudformation.ts';
import { leastOf, notesOf } from './least.ts';
import type { Asked } from './least.ts';
import type { Hosts } from './needs.ts';
import { ACCOUNT, accountOf } from './place.ts';
import { charactersOf, LARGEST_MANAGED, policyOf } from './policy.ts';
import type { LedgerPlace, Statement } from './statements.ts';
import { terraformOf } from './terraform.ts';
import { readTrusted, trustPolicyOf } from './trust.ts';
import type { Trusted } from './trust.ts';
import { escapeControls, toJson } from '../journal/escape.ts';
import { checkedDocument, checkedLines, writtenDocument } from './report.ts';
import type { Written } from './report.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { InputError } from '../scenario/problem.ts';
import { regionOfProfile } from '../cli/aws-profile.ts';
import { answerOf, documentOf } from '../cli/exit-codes.ts';
import { variablesOf } from '../cli/flags.ts';
import { readScenarios } from '../cli/scenarios.ts';
import type { IamFlags } from './options.ts';
import type { Environment } from '../cli/output.ts';
import type { Runner } from '../cli/runner.ts';
import { eventsOf } from '../journal/events.ts';
import { checkDenials } from './check.ts';
import { accountOfDrill, denialsIn } from './denials.ts';
import { findDrill } from '../cli/stored.ts';

/** Writes the least policy of scenarios; with `check` it reports what a denied drill lacked. */
export async function runIam(named: readonly string[], flags: IamFlags, runner: Runner): Promise<void> {
  requireAccount(flags.account);
  if (flags.check !== undefined) return checkDrill(named, flags.check, flags, runner);
  const trusted = trustedOf(flags);
  if (trusted !== null && flags.format === 'json') return writeTrust(trusted, named, flags, runner);
  const files = await filesOf(named);
  const { scenarios, errors } = await readScenarios(files, variablesOf(flags.var), runner);
  if (errors.length > 0) return runner.finish(documentOf('bad-input', errors));
  const ledger = await findLedger(flags.ledger, runner);
  const settled = await Promise.all(
    scenarios.map((loaded) => locateScenario(loaded, flags, ledger, runner.environment)),
  );
  const wrong = settled.flatMap((one) => one.errors);
  if (wrong.length > 0) return runner.finish(documentOf('bad-input', wrong));
  const least = writePolicy(
    settled.map(({ asked }) => asked),
    files,
    flags,
    trusted,
  );
  runner.finish(answerOf('written', writtenDocument(least)), (stdout) => {
    stdout.write(least.text);
    for (const note of least.notes) runner.output.stderr.write(`note: ${escapeControls(note)}\n`);
  });
}

function trustedOf(flags: IamFlags): Trusted | null {
  const { trust, 'trust-branch': branch, 'trust-step': step } = flags;
  if (trust !== undefined) return readTrusted(trust, branch, step);
  if (step === undefined) return null;
  throw new GamedayError('bad-input', '--trust-step is given without --trust', {
    next: 'Name the pipeline: --trust ORG/PIPELINE.',
  });
}

/** Writes the trust policy alone: IAM keeps it apart from the rights. */
function writeTrust(trusted: Trusted, named: readonly string[], { account }: IamFlags, runner: Runner): void {
  if (named.length > 0)
    throw new GamedayError('bad-input', 'as JSON, the trust policy and the rights are two documents', {
      next: 'Leave out the scenarios to write the trust policy, or --trust to write the rights; --format terraform and cloudformation write both.',
    });
  if (account === undefined)
    throw new GamedayError(
      'bad-input',
      'the account of the role is not known, but the trust policy contains it',
      {
        next: 'Give --account.',
      },
    );
  const policy = trustPolicyOf(trusted, account);
  runner.finish(answerOf('written', { format: 'json', policy }), (stdout) => {
    stdout.write(`${toJson(policy, 2)}\n`);
  });
}

function requireAccount(account: string | undefined): void {
  if (account === undefined || /^[0-9]{12}$/.test(account)) return;
  throw new GamedayError('bad-input', '--account is not an AWS account id, which has twelve digits', {
    next: 'See `aws sts get-caller-identity`.',
  });
}

/** The files; a folder stands for the scenario files in it. */
async function filesOf(named: readonly string[]): Promise<readonly string[]> {
  if (named.length === 0)
    throw new GamedayError('bad-input', 'no scenario is named', {
      next: 'Name scenario files, a folder of scenario files, or a drill with --check.',
    });
  return (await Promise.all(named.map(filesIn))).flat();
}

async function filesIn(path: string): Promise<readonly string[]> {
  const isFolder = await stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
  if (!isFolder) return [path];
  const names = await readdir(path).catch((error: unknown) => {
    throw new GamedayError('bad-input', `${path} cannot be read: ${messageOf(error)}`, { at: path });
  });
  const files = names.filter((name) => /\.ya?ml$/.test(name)).toSorted();
  if (files.length > 0) return files.map((name) => join(path, name));
  throw new GamedayError('bad-input', `${path} contains no scenario file (.yaml or .yml)`, {
    at: path,
    next: 'Name the folder that contains them; its subfolders are not searched.',
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Settled {
  readonly asked: Asked;
  readonly errors: readonly InputError[];
}

/** The place of a ledger on S3; a folder needs no rights of AWS. Throws bad-input. */
async function findLedger(url: string | undefined, { clients }: Runner): Promise<LedgerPlace | null> {
  if (url === undefined) return null;
  const address = await clients.readStoreAddress(url);
  return address.kind === 's3' ? address : null;
}

/** Finds region and account of a scenario; returns all missing or contradictory settings at once. */
async function locateScenario(
  { scenario, file }: LoadedScenario,
  flags: IamFlags,
  ledger: LedgerPlace | null,
  environment: Environment,
): Promise<Settled> {
  const { name, region: own } = scenario.cluster;
  const region = own ?? (await regionOf(environment));
  const account = accountOf(name);
  const errors: InputError[] = [];
  if (region === null)
    errors.push({
      at: file,
      message: 'the region of the cluster is not known',
      next: 'Set cluster.region in the scenario, or AWS_REGION.',
    });
  if (account !== null && flags.account !== undefined && flags.account !== account)
    errors.push({
      at: file,
      message: `cluster.name is of account ${account}, and --account names ${flags.account}`,
      next: 'Remove --account: the ARN contains the account.',
    });
  if (account === null && flags.account === undefined && flags.format === 'json')
    errors.push({
      at: file,
      message: 'the account of the cluster is not known, but the ARNs of a policy contain it',
      next: 'Give --account, or set cluster.name to the ARN; --format terraform and cloudformation fill in the account.',
    });
  return { asked: { scenario, region: region ?? '', account: flags.account ?? null, ledger }, errors };
}

async function regionOf(environment: Environment): Promise<string | null> {
  const named = [environment['AWS_REGION'], environment['AWS_DEFAULT_REGION']];
  return (
    named.find((region) => region !== undefined && region !== '') ?? (await regionOfProfile(environment))
  );
}

/** The kind of hosts of a launch type. */
function hostsOf(launchType: string | undefined): Hosts {
  if (launchType === undefined) return null;
  return launchType.startsWith('FARGATE') ? 'FARGATE' : 'EC2';
}

function writePolicy(
  asked: readonly Asked[],
  files: readonly string[],
  flags: IamFlags,
  trusted: Trusted | null,
): Written {
  const hosts = hostsOf(flags['launch-type']);
  const statements = leastOf(asked, flags.for ?? ['run'], hosts);
  const policy = policyOf(statements);
  const characters = charactersOf(policy);
  return {
    format: flags.format,
    text: textOf(statements, files, flags, trusted),
    policy: JSON.stringify(policy).includes(ACCOUNT) ? null : policy,
    statements,
    characters,
    notes: [
      ...(statements.length === 0 ? ['The scenarios make no call to ECS: no policy is needed.'] : []),
      ...(characters > LARGEST_MANAGED
        ? [
            `The policy has ${String(characters)} characters; the limit of a managed policy is ${String(LARGEST_MANAGED)}. Write a policy for each scenario.`,
          ]
        : []),
      ...notesOf(asked, statements, hosts),
      'Buildkite: the API token needs GraphQL access; Buildkite has no narrower scopes for it.',
    ],
  };
}

function textOf(
  statements: readonly Statement[],
  files: readonly string[],
  flags: IamFlags,
  trusted: Trusted | null,
): string {
  const head = [
    `The least rights of gameday ${(flags.for ?? ['run']).join(', ')}, written by gameday iam for:`,
    ...files.map((file) => `  ${escapeControls(file)}`),
  ];
  if (flags.format === 'terraform') return terraformOf(statements, head, trusted);
  if (flags.format === 'cloudformation') return cloudFormationOf(statements, head, trusted);
  return `${toJson(policyOf(statements), 2)}\n`;
}

/** Compares the denials of a stored drill with the least policy of its scenario. */
async function checkDrill(
  files: readonly string[],
  journal: string,
  flags: IamFlags,
  runner: Runner,
): Promise<void> {
  if (files.length > 0)
    throw new GamedayError('bad-input', '--check takes the scenario from the journal, not from a file', {
      next: 'Give either scenario files or --check.',
    });
  const { drill, events } = await findDrill(journal, flags.out);
  const denials = denialsIn(events);
  const [planned] = eventsOf(events, 'GD_DRILL_PLANNED');
  if (planned === undefined) throw new Error('a drill without a plan was read');
  const { scenario, region, lockStore } = planned.payload.plan;
  const ledger = await findLedger(flags.ledger ?? lockStore, runner);
  const account = flags.account ?? accountOf(scenario.cluster.name) ?? accountOfDrill(events, denials);
  if (account === null && denials.length > 0)
    throw new GamedayError('bad-input', `the journal of drill ${drill} does not show the AWS account`, {
      next: 'Give --account.',
    });
  // All statements that a drill may need, on any kind of host.
  const least = leastOf([{ scenario, region, account, ledger }], ['run'], null);
  const checked = checkDenials(denials, least);
  // Internal: the least policy does not allow the denied action. Failed: it does, and the role does not.
  const isOurs = checked.some(({ answer }) => answer === 'ours');
  const outcome = checked.length === 0 ? 'clean' : isOurs ? 'internal' : 'failed';
  runner.finish(answerOf(outcome, checkedDocument(drill, checked)), (stdout) =>
    stdout.write(`${checkedLines(drill, checked, stdout.colors).join('\n')}\n`),
  );
}
