import type { Health, HealthCheck } from './plan.ts';

/** Runs a container's health check at its interval, as a container engine does (ECS-42). */
export class HealthWatch {
  readonly #check: HealthCheck;
  readonly #probe: () => Promise<number>;
  readonly #say: (health: Health) => void;
  readonly #startedAt = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #wasHealthy = false;
  #closed = false;

  constructor(check: HealthCheck, probe: () => Promise<number>, say: (health: Health) => void) {
    this.#check = check;
    this.#probe = probe;
    this.#say = say;
    this.#later();
  }

  /** Asks no more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#ask();
    }, this.#check.intervalMs);
  }

  async #ask(): Promise<void> {
    const askedAt = Date.now();
    const code = await this.#probe();
    if (this.#closed) return;
    if (code === 0) {
      this.#failures = 0;
      this.#wasHealthy = true;
      this.#say('HEALTHY');
    } else if (this.#wasHealthy || askedAt - this.#startedAt >= this.#check.startPeriodMs) {
      // In the start period a failure counts only once a check has succeeded.
      this.#failures += 1;
      if (this.#failures >= this.#check.retries) this.#say('UNHEALTHY');
    }
    this.#later();
  }
}
