import { isFinal, isOk, sleep } from './api.ts';
import type { Answer, Api } from './api.ts';
import type { RunCommand } from './command.ts';
import type { StartFlags } from './flags.ts';
import { runJob } from './job.ts';
import type { RunningJob } from './job.ts';
import { say } from './log.ts';
import type { Manner } from './version.ts';

const REJECTED = 27;
const LOCKED = 28;

/** A report of a stop that is not answered must not hold the departure back for longer. */
const REPORT_WITHIN_MS = 5000;

/** One agent of the process. */
export interface Worker {
  /** Resolves with the exit code that this agent asks for. */
  readonly ended: Promise<number>;
  /** No more jobs; the running one finishes. */
  drain(): void;
  /** No more jobs; the running one is canceled. */
  cut(): void;
}

/** What makes one agent of the process differ from others. */
export interface Identity extends Manner {
  readonly tags: readonly string[];
  readonly spawnIndex: number;
  readonly host: Host;
}

/** What an agent is started in: a program of its own, or one that it shares with many. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
  readonly pid: number;
  readonly build: string;
  readonly runCommand: RunCommand;
  /** Whether its jobs have folders to work in. */
  readonly hasFolders: boolean;
}

interface Session {
  readonly token: string;
  readonly pingEveryS: number;
  readonly heartbeatEveryS: number;
  readonly statusEveryS: number;
}

/** The state of one agent: whether it goes on, and what it runs. */
class Agent implements Worker {
  readonly ended: Promise<number>;
  readonly #api: Api;
  readonly #flags: StartFlags;
  readonly #identity: Identity;
  #stopping = false;
  #cutting = false;
  #exitCode = 0;
  #token: string | undefined;
  #report: Promise<unknown> | undefined;
  #job: RunningJob | undefined;
  #wake: (() => void) | undefined;

  constructor(api: Api, flags: StartFlags, identity: Identity) {
    this.#api = api;
    this.#flags = flags;
    this.#identity = identity;
    this.ended = this.#live();
  }

  drain(): void {
    this.#takeNoMore();
    this.#reportStop();
  }

  cut(): void {
    this.#cutting = true;
    this.#takeNoMore();
    this.#job?.cancel('agent_stop');
  }

  #takeNoMore(): void {
    this.#stopping = true;
    this.#wake?.();
  }

  /** Only a stop that was heard is reported: who leaves after a job or for idleness says nothing. */
  #reportStop(): void {
    const token = this.#token;
    if (!this.#identity.reportsStops || token === undefined) return;
    this.#report ??= Promise.race([
      this.#api.once({ method: 'POST', path: '/stop', token, json: {} }),
      sleep(REPORT_WITHIN_MS),
    ]);
  }

  async #live(): Promise<number> {
    const session = await this.#register();
    if (session === undefined) return 1;
    this.#token = session.token;
    if (this.#stopping && !this.#cutting) this.#reportStop();
    const stopHeart = this.#api.every(session.heartbeatEveryS * 1000, () => void this.#beat(session));
    if (this.#flags.acquireJob === undefined) await this.#takeJobs(session);
    else await this.#acquire(session, this.#flags.acquireJob);
    stopHeart();
    await this.#report;
    say('disconnecting');
    await this.#api.insist({ method: 'POST', path: '/disconnect', token: session.token, json: {} }, 4, 1000);
    return this.#exitCode;
  }

  async #register(): Promise<Session | undefined> {
    const { tags, spawnIndex, version, host } = this.#identity;
    const json = {
      name: this.#flags.name.replaceAll('%spawn', String(spawnIndex)),
      hostname: host.hostname,
      os: process.platform,
      arch: process.arch,
      version,
      build: host.build,
      meta_data: tags,
      pid: host.pid,
      features: [],
      ignore_in_dispatches: this.#flags.acquireJob !== undefined,
      ...(this.#flags.priority === undefined ? {} : { priority: this.#flags.priority }),
    };
    const call = { method: 'POST', path: '/register', token: this.#flags.token, json } as const;
    const answer = await this.#api.insist(call, 30, 2000);
    if (!isOk(answer)) {
      say(`registration was refused (${answer.status})`);
      return;
    }
    const token = String(answer.body['access_token']);
    const connected = await this.#api.insist({ method: 'POST', path: '/connect', token, json: {} }, 10, 1000);
    if (!isOk(connected)) {
      say(`the connection was refused (${connected.status})`);
      return;
    }
    say(`connected as ${String(answer.body['name'])}`);
    const seconds = (key: string): number => Math.max(1, Number(answer.body[key]) || 1);
    return {
      token,
      pingEveryS: seconds('ping_interval'),
      heartbeatEveryS: seconds('heartbeat_interval'),
      statusEveryS: seconds('job_status_interval'),
    };
  }

  async #beat({ token }: Session): Promise<void> {
    if (this.#stopping && this.#identity.stopsHeartbeats) return;
    const json = { sent_at: new Date().toISOString() };
    const answer = await this.#api.once({ method: 'POST', path: '/heartbeat', token, json });
    if (!isFinal(answer)) return;
    say(`the heartbeat was refused (${answer.status}): stopping`);
    this.#exitCode = 1;
    this.cut();
  }

  async #takeJobs(session: Session): Promise<void> {
    const startedAt = Date.now();
    let idleSince = startedAt;
    while (!this.#isStopping()) {
      const answer = await this.#api.once({ method: 'GET', path: '/ping', token: session.token });
      if (this.#isStopping()) return;
      const ran = await this.#obey(session, answer);
      if (ran) idleSince = Date.now();
      const { idleTimeoutS, uptimeS, disconnectAfterJob } = this.#flags;
      if (ran && disconnectAfterJob) return;
      if (idleTimeoutS > 0 && Date.now() - idleSince >= idleTimeoutS * 1000) {
        say('idle for too long');
        return;
      }
      if (uptimeS > 0 && Date.now() - startedAt >= uptimeS * 1000) {
        say('up for long enough');
        return;
      }
      if (!ran && !this.#isStopping()) await this.#rest(session.pingEveryS * 1000);
    }
  }

  /** Asked anew each time: a signal may change it while a call is under way. */
  #isStopping(): boolean {
    return this.#stopping;
  }

  async #obey(session: Session, answer: Answer): Promise<boolean> {
    if (isFinal(answer)) {
      say(`the ping was refused (${answer.status}): stopping`);
      this.#exitCode = 1;
      this.#takeNoMore();
      return false;
    }
    if (answer.body['action'] === 'disconnect') this.#takeNoMore();
    const { job } = answer.body;
    if (typeof job !== 'object' || job === null || !('id' in job) || this.#stopping) return false;
    const path = `/jobs/${String(job.id)}/accept`;
    const accepted = await this.#api.insist(
      { method: 'PUT', path, token: session.token, json: {} },
      10,
      1000,
    );
    if (!isOk(accepted)) return false;
    await this.#run(session, accepted.body);
    return true;
  }

  async #acquire(session: Session, id: string): Promise<void> {
    const path = `/jobs/${id}/acquire`;
    const answer = await this.#api.insist({ method: 'PUT', path, token: session.token, json: {} }, 7, 1000);
    if (isOk(answer)) return this.#run(session, answer.body);
    this.#exitCode = answer.status === 423 ? LOCKED : REJECTED;
    say(`job ${id} could not be acquired (${answer.status})`);
  }

  async #run(session: Session, document: Readonly<Record<string, unknown>>): Promise<void> {
    const { endpoint, cancelGraceS, buildPath, disconnectAfterJob } = this.#flags;
    const { token: sessionToken, statusEveryS } = session;
    const { env, runCommand, hasFolders } = this.#identity.host;
    const setting = {
      endpoint,
      cancelGraceS,
      buildPath: hasFolders ? buildPath : undefined,
      lastJob: disconnectAfterJob,
      sessionToken,
      statusEveryS,
      ...{ env, runCommand },
    };
    this.#job = runJob({ api: this.#api, ...setting }, document);
    if (this.#cutting) this.#job.cancel('agent_stop');
    await this.#job.ended;
    this.#job = undefined;
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Starts one agent: it registers, connects and takes jobs until it is told to stop. */
export function startWorker(api: Api, flags: StartFlags, identity: Identity): Worker {
  return new Agent(api, flags, identity);
}
