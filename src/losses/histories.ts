import type { Buildkite } from '../buildkite/port.ts';
import type { Clock } from '../model/clock.ts';
import type { KeptPages } from './pages.ts';
import { isLostByHistory } from './runs.ts';
import type { BuildRuns, LostRun } from './runs.ts';

/** GraphQL points that the history of a job takes, about: twenty events, the job, its agent, step and build. */
const POINTS_OF_A_JOB = 50;
/** The longest wait for Buildkite's limit, milliseconds: it is full again within five minutes. */
const LONGEST_WAIT = 310_000;

/** Asks for the histories of jobs whose loss the list of builds leaves open. */
export interface Histories {
  /** Asks for those of some builds, as far as the points go. */
  ask(builds: readonly BuildRuns[]): Promise<void>;
  /** Null: nobody knows. */
  isLost(run: LostRun): boolean | null;
  /** Why some were not asked for; null if all were. */
  unasked(): string | null;
}

export interface HistoryOptions {
  readonly buildkite: () => Promise<Pick<Buildkite, 'job' | 'budget'>>;
  readonly kept: KeptPages;
  /** GraphQL points to spend at most. */
  readonly points: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Creates the asker. Buildkite's GraphQL API, which alone shows AGENT_LOST, is contacted at the first question. */
export function createHistories({ buildkite, kept, points, clock, signal }: HistoryOptions): Histories {
  let unasked: string | null = null;
  let spent = 0;

  async function askOne(job: string): Promise<void> {
    const client = await buildkite();
    for (let turn = 0; turn < 2; turn += 1) {
      if (spent + POINTS_OF_A_JOB > points) {
        unasked = `the GraphQL points of --points (${points}) were spent`;
        return;
      }
      const answer = await client.job(job, signal);
      spent = client.budget().points;
      if (answer.ok) return kept.addAnswer(job, isLostByHistory(answer.value));
      const { kind, message, retryAfter } = answer.trouble;
      // A job that is gone stays undecided; whatever else Buildkite says, it would say of the next one too.
      if (kind === 'not-found') return;
      if (kind !== 'rate-limited' || retryAfter === null || retryAfter > LONGEST_WAIT || turn > 0) {
        unasked = message;
        return;
      }
      await clock.sleep(retryAfter, signal);
    }
  }

  return {
    async ask(builds) {
      for (const { lost } of builds.flatMap(({ runs }) => runs))
        if (lost !== null && !lost.isSure && unasked === null && kept.answer(lost.job) === undefined)
          await askOne(lost.job);
    },
    isLost: ({ job }) => kept.answer(job) ?? null,
    unasked: () => unasked,
  };
}
