import { existsSync, mkdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isOk } from './api.ts';
import type { Answer, Api } from './api.ts';
import type { CommandEnd, RunCommand, RunningCommand } from './command.ts';
import { say } from './log.ts';
import { openLog } from './log-upload.ts';
import type { LogUpload } from './log-upload.ts';

const FINISH_TRIES = 12;
const START_TRIES = 7;
const TRY_EVERY_MS = 1000;

/** What a hook that is not there ends like. */
const ENDED: CommandEnd = { code: 0, signal: null, failedToRun: false };

/** A job that needs a plugin must not pass without it. */
const WITHOUT_PLUGINS = 'echo "the stand-in agent runs no plugins" >&2; exit 1';

/** Why a job was cut short. */
export type CancelReason = 'agent_stop' | 'cancel';

/** What a job needs of its agent. */
export interface JobSetting {
  readonly api: Api;
  readonly endpoint: string;
  readonly sessionToken: string;
  readonly statusEveryS: number;
  readonly cancelGraceS: number;
  readonly buildPath: string | undefined;
  readonly lastJob: boolean;
  /** What the agent itself was started with. */
  readonly env: Environment;
  readonly runCommand: RunCommand;
}

/** A job that this agent runs. */
export interface RunningJob {
  readonly ended: Promise<void>;
  cancel(reason: CancelReason): void;
}

type Document = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Runs an accepted job to its end and reports it. */
export function runJob(setting: JobSetting, document: Document): RunningJob {
  let canceled: CancelReason | undefined;
  let stop: (() => void) | undefined;
  const cancel = (reason: CancelReason): void => {
    if (canceled !== undefined) return;
    canceled = reason;
    stop?.();
  };
  const ended = work(setting, document, {
    cancel,
    reason: () => canceled,
    onCancel: (callback) => {
      stop = callback;
      if (canceled !== undefined) callback();
    },
  });
  return { ended, cancel };
}

interface Cancelation {
  readonly cancel: (reason: CancelReason) => void;
  readonly reason: () => CancelReason | undefined;
  readonly onCancel: (callback: () => void) => void;
}

async function work(setting: JobSetting, document: Document, cancelation: Cancelation): Promise<void> {
  const { api } = setting;
  const id = String(document['id']);
  const given = document['token'];
  const token = typeof given === 'string' && given !== '' ? given : setting.sessionToken;
  const put = (verb: 'start' | 'finish', json: unknown, tries: number): Promise<Answer> =>
    api.insist({ method: 'PUT', path: `/jobs/${id}/${verb}`, token, json }, tries, TRY_EVERY_MS);
  const started = await put('start', { started_at: new Date().toISOString() }, START_TRIES);
  if (!isOk(started)) {
    say(`job ${id} could not be started (${started.status})`);
    return;
  }
  say(`job ${id} started`);
  const chunkBytes = Number(document['chunks_max_size_bytes'] ?? 0) || 102_400;
  const everyS = Number(document['chunks_interval_seconds'] ?? 0) || 1;
  const log = openLog(api, { id, token, chunkBytes, everyS });
  const stopLooking = api.every(setting.statusEveryS * 1000, () => void look(api, id, token, cancelation));
  const end = await runToEnd(setting, jobEnv(setting, document, token), cancelation, log);
  stopLooking();
  const finishedAt = new Date().toISOString();
  const report = {
    ...reportOf(end, cancelation.reason()),
    finished_at: finishedAt,
    chunks_failed_count: await log.close(),
    ...(setting.lastJob ? { ignore_agent_in_dispatches: true } : {}),
  };
  const answer = await put('finish', report, FINISH_TRIES);
  say(`job ${id} finished with ${report.exit_status} (the server answered ${answer.status})`);
}

/** The hooks and the command of a job, one after another: without its `pre-command` the command is not run, `pre-exit` always is. */
async function runToEnd(
  setting: JobSetting,
  env: Environment,
  cancelation: Cancelation,
  log: LogUpload,
): Promise<CommandEnd> {
  const cwd = workFolder(setting, env);
  const onOutput = (data: Buffer): void => {
    log.add(data);
  };
  let current: RunningCommand | undefined;
  let kill: NodeJS.Timeout | undefined;
  cancelation.onCancel(() => {
    current?.signal('SIGTERM');
    // The real agent leaves its bootstrap one second less than the grace period.
    const graceMs = Math.max(0, setting.cancelGraceS - 1) * 1000;
    kill = setTimeout(() => {
      current?.signal('SIGKILL');
    }, graceMs);
  });
  const run = (line: string): Promise<CommandEnd> => {
    current = setting.runCommand(line, { env, cwd, onOutput });
    return current.ended;
  };
  const runHook = async (name: string): Promise<CommandEnd> => {
    const path = join(env['BUILDKITE_HOOKS_PATH'] ?? '', name);
    return isAbsolute(path) && existsSync(path) ? run(`'${path.replaceAll("'", `'\\''`)}'`) : ENDED;
  };
  const before = await runHook('pre-command');
  const isReady = before.code === 0 && cancelation.reason() === undefined;
  const command = env['BUILDKITE_PLUGINS'] === undefined ? (env['BUILDKITE_COMMAND'] ?? '') : WITHOUT_PLUGINS;
  const end = isReady ? await run(command) : before;
  await runHook('pre-exit');
  clearTimeout(kill);
  return end;
}

async function look(api: Api, id: string, token: string, cancelation: Cancelation): Promise<void> {
  const answer = await api.once({ method: 'GET', path: `/jobs/${id}`, token });
  const state = answer.body['state'];
  const ends = ['canceling', 'canceled', 'timing_out', 'timed_out'];
  if (answer.status !== 401 && !(isOk(answer) && typeof state === 'string' && ends.includes(state))) return;
  cancelation.cancel('cancel');
}

/** The exit as the real agent reports it: a canceled job always as killed by its cancel signal. */
function reportOf(
  end: CommandEnd,
  reason: CancelReason | undefined,
): { readonly exit_status: string; readonly signal?: string; readonly signal_reason?: string } {
  if (end.failedToRun) return { exit_status: '-1', signal_reason: 'process_run_error' };
  if (reason !== undefined) {
    return {
      exit_status: '-1',
      signal: end.signal === 'SIGKILL' ? 'SIGKILL' : 'SIGTERM',
      signal_reason: reason,
    };
  }
  if (end.signal !== null) return { exit_status: '-1', signal: end.signal };
  return { exit_status: String(end.code ?? -1) };
}

function jobEnv(setting: JobSetting, document: Document, token: string): Environment {
  const given = typeof document['env'] === 'object' && document['env'] !== null ? document['env'] : {};
  const fromJob = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, String(value)]));
  return {
    ...setting.env,
    ...fromJob,
    BUILDKITE_AGENT_TOKEN: undefined,
    BUILDKITE_AGENT_ACCESS_TOKEN: token,
    BUILDKITE_AGENT_ENDPOINT: setting.endpoint,
  };
}

function workFolder(setting: JobSetting, env: Environment): string {
  if (setting.buildPath === undefined) return process.cwd();
  const parts = ['AGENT_NAME', 'ORGANIZATION_SLUG', 'PIPELINE_SLUG'].map(
    (key) => env[`BUILDKITE_${key}`] ?? 'unknown',
  );
  const folder = join(setting.buildPath, ...parts.map((part) => part.replace(/[^\w.-]/g, '-')));
  mkdirSync(folder, { recursive: true });
  return folder;
}
