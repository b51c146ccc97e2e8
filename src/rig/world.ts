import { ecsVerbs, type EcsAction, type EcsVerb } from './ecs/verbs.ts';
import type { RigEvent, RigLog } from './log.ts';

/** An action of a script or of the control endpoint. */
export type Action = { readonly do: string } & Readonly<Record<string, unknown>>;

/** What the conductor and the control endpoint know of both halves, learned from their events alone. */
export class World {
  readonly #taskOfAgent = new Map<string, string>();
  readonly #hostOfStep = new Map<string, string>();
  readonly #stopped: string[] = [];
  readonly #ecs: EcsVerb;
  readonly #buildkite: (action: Action) => Promise<unknown>;

  constructor(log: RigLog, ecs: EcsVerb, buildkite: (action: Action) => Promise<unknown>) {
    this.#ecs = ecs;
    this.#buildkite = buildkite;
    log.onEvent((event) => {
      this.#learn(event);
    });
  }

  #learn(event: RigEvent): void {
    const agentId = textOf(event['agentId']);
    if (event.event === 'agent-connected' && agentId !== undefined) {
      const taskArn = taskTag(event['tags']);
      if (taskArn !== undefined) this.#taskOfAgent.set(agentId, taskArn);
    }
    if (event.event === 'job-started') {
      const taskArn = this.taskOf(event);
      if (taskArn !== undefined) this.#hostOfStep.set(textOf(event['step']) ?? '', taskArn);
    }
    // An essential container that ends by itself stops nothing.
    if (event.event === 'stop-requested' && event['by'] !== 'container')
      this.#stopped.push(String(event['taskArn']));
  }

  /** The task that an event is about, directly or through its agent. */
  taskOf(event: RigEvent): string | undefined {
    return textOf(event['taskArn']) ?? this.#taskOfAgent.get(textOf(event['agentId']) ?? '');
  }

  /** The task that runs a step, or the one of the event. */
  hostOf(step: string | undefined, event: RigEvent | undefined): string | undefined {
    return this.#hostOfStep.get(step ?? '') ?? (event && this.taskOf(event));
  }

  /** The task whose stop was ordered last. */
  lastStopped(): string | undefined {
    return this.#stopped.at(-1);
  }

  /** Whether a stop of this task was ordered. */
  isStopped(taskArn: string): boolean {
    return this.#stopped.includes(taskArn);
  }

  /** Whether any StopTask or scheduler stop was accepted yet. */
  get stopAccepted(): boolean {
    return this.#stopped.length > 0;
  }

  /** Does what a script or a test asks for, in the half that it concerns. */
  async do(action: Action): Promise<unknown> {
    const named = textOf(action['taskArn']);
    if (ecsVerbs.includes(action.do)) {
      return this.#ecs({
        ...(action as EcsAction),
        taskArn: named ?? this.#target(action) ?? this.lastStopped(),
      });
    }
    const taskArn =
      named ?? this.#target(action) ?? (action['of'] === 'struck' ? this.lastStopped() : undefined);
    return this.#buildkite({ ...action, ...(taskArn !== undefined && { taskArn }) });
  }

  #target(action: Action): string | undefined {
    return action['task'] === 'host' ? this.hostOf(textOf(action['step']), undefined) : undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The task that an agent says it lives in; tags come as a list of k=v or as a record. */
function taskTag(tags: unknown): string | undefined {
  if (Array.isArray(tags)) {
    const found = tags.find((each) => typeof each === 'string' && each.startsWith('ecs:task-arn=')) as
      string | undefined;
    return found?.slice('ecs:task-arn='.length);
  }
  if (typeof tags !== 'object' || tags === null) return undefined;
  return textOf((tags as Readonly<Record<string, unknown>>)['ecs:task-arn']);
}
