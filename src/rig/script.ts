import { messageOf } from './failure.ts';
import { ecsVerbs } from './ecs/verbs.ts';
import type { ScriptRule } from './file-schema.ts';
import type { RigEvent, RigLog } from './log.ts';
import type { World } from './world.ts';

const ecsEvents = [
  'stop-requested',
  'container-stopped',
  'task-stopped',
  'agent-connected',
  'agent-disconnected',
];

interface Watch {
  readonly rule: ScriptRule;
  seen: number;
  fired: number;
}

/** Plays a rig file's script: waits for what a rule names and then does what it says. */
export class Conductor {
  readonly #watches: readonly Watch[];
  readonly #world: World;
  readonly #log: RigLog;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(rules: readonly ScriptRule[], world: World, log: RigLog) {
    this.#watches = rules.map((rule) => ({ rule, seen: 0, fired: 0 }));
    this.#world = world;
    this.#log = log;
    log.onEvent((event) => {
      for (const watch of this.#watches) this.#consider(watch, event);
    });
  }

  /** Forgets what was still to be done. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #consider(watch: Watch, event: RigEvent): void {
    const { rule } = watch;
    if (event.event !== rule.on || watch.fired >= rule.times || !this.#fits(rule, event)) return;
    watch.seen += 1;
    if (watch.seen < rule.nth) return;
    watch.fired += 1;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#play(rule, event);
    }, rule.after);
    this.#timers.add(timer);
  }

  #fits(rule: ScriptRule, event: RigEvent): boolean {
    if (rule.step !== undefined && event['step'] !== undefined && event['step'] !== rule.step) return false;
    if (rule.task === undefined || rule.task === 'host') return true;
    const taskArn = this.#world.taskOf(event);
    // Before anything was injected, "task: struck" of a job's rule can only mean whom the verb is to hit.
    if (taskArn === undefined || !ecsEvents.includes(rule.on)) return true;
    return this.#world.isStopped(taskArn) === (rule.task === 'struck');
  }

  async #play(rule: ScriptRule, event: RigEvent): Promise<void> {
    const { on, nth, times, after, task, ...wanted } = rule;
    const build = event['buildId'] === undefined ? {} : { build: event['buildId'] };
    const taskArn = this.#targetOf(rule, event);
    const action = { ...build, ...wanted, ...(taskArn !== undefined && { taskArn }) };
    const details = { rule: `${on} ${nth} x${times} +${after}`, task, ...action };
    try {
      await this.#world.do(action);
      this.#log.add({ at: Date.now(), event: 'script-played', half: 'rig', ...details });
    } catch (error) {
      this.#log.add({
        at: Date.now(),
        event: 'script-failed',
        half: 'rig',
        ...details,
        error: messageOf(error),
      });
    }
  }

  /** Whom a verb is to hit; the verbs of Buildkite need no task, unless an agent is to be found by it. */
  #targetOf(rule: ScriptRule, event: RigEvent): string | undefined {
    if (rule.of === 'last-started') return undefined;
    if (rule.task === 'host') return this.#world.hostOf(rule.step, event);
    if (!ecsVerbs.includes(rule.do) && rule.of !== 'struck') return undefined;
    return this.#world.lastStopped() ?? this.#world.hostOf(rule.step, event);
  }
}
