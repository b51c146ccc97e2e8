import { randomBytes } from 'node:crypto';

import type { ContainerInstance } from '../ecs/instances.ts';
import { changeStatus, terminate } from '../ecs/operations-instances.ts';
import type { EcsState } from '../ecs/state.ts';
import { FisError } from './errors.ts';
import { hasEnded, type Experiment, type RunningAction, type Template } from './model.ts';
import type { StartInput, TemplateInput } from './shapes.ts';
import { resolveTarget, type Resolved } from './targets.ts';

/** How long an experiment is `pending` and `initiating` before its actions begin. */
const initiatesMs = 200;
/** The notice of a Spot interruption comes two minutes before it; `durationBeforeInterruption` counts to the interruption. */
const noticeMinutes = 2;

/** FIS of one account and region: templates, experiments, and the safety lever. */
export class FisEngine {
  readonly templates = new Map<string, Template>();
  readonly experiments = new Map<string, Experiment>();
  lever: { readonly status: 'disengaged' | 'engaged'; readonly reason: string };
  readonly #byToken = new Map<string, string>();
  readonly #state: EcsState;
  readonly #later: (delayMs: number, action: () => void) => void;
  /** What ends an action of an experiment early: a host that is drained for a while is put back. */
  readonly #ends = new Map<RunningAction, () => void>();

  constructor(state: EcsState, later: (delayMs: number, action: () => void) => void) {
    this.#state = state;
    this.#later = later;
    this.lever = { status: state.knobs.safetyLever, reason: 'set by the rig file' };
  }

  arnOf(kind: string, id: string): string {
    const { region, account } = this.#state.cluster;
    return `arn:aws:fis:${region}:${account}:${kind}/${id}`;
  }

  /** The same client token gives the same template (FIS-2). */
  createTemplate(input: TemplateInput): Template {
    const known = this.templates.get(this.#byToken.get(input.clientToken) ?? '');
    if (known !== undefined) return known;
    const template = this.addTemplate(makeId('EXT'), input);
    this.#byToken.set(input.clientToken, template.id);
    return template;
  }

  /** Adds a template that was there before anybody asked. */
  addTemplate(id: string, input: TemplateInput): Template {
    checkTemplate(input);
    const template = { id, arn: this.arnOf('experiment-template', id), input, createdAt: Date.now() };
    this.templates.set(id, template);
    return template;
  }

  /** The same client token gives the same experiment (FIS-2); an engaged safety lever cancels it (FIS-9). */
  start(input: StartInput): Experiment {
    const known = this.experiments.get(this.#byToken.get(input.clientToken) ?? '');
    if (known !== undefined) return known;
    const template = this.templates.get(input.experimentTemplateId);
    if (template === undefined)
      throw new FisError('ResourceNotFoundException', `Experiment template not found.`);
    const id = makeId('EXP');
    const actions = Object.entries(template.input.actions).map(([name, action]): RunningAction => {
      const isSkipped = input.experimentOptions.actionsMode === 'skip-all';
      return { name, input: action, state: { status: isSkipped ? 'skipped' : 'pending', reason: '' } };
    });
    const arn = this.arnOf('experiment', id);
    const experiment: Experiment = {
      ...{ id, arn, template, input, actions, createdAt: Date.now() },
      state: { status: 'pending', reason: 'Experiment is pending.' },
    };
    this.experiments.set(id, experiment);
    this.#byToken.set(input.clientToken, id);
    if (this.lever.status === 'engaged') this.#end(experiment, 'cancelled', 'Safety lever is engaged.');
    else this.#later(initiatesMs, () => this.#begin(experiment));
    return experiment;
  }

  /** StopExperiment, a stop condition, or the safety lever. */
  stop(experiment: Experiment, reason: string): void {
    if (!hasEnded(experiment)) this.#end(experiment, 'stopped', reason);
  }

  stopAll(reason: string, fits: (experiment: Experiment) => boolean): number {
    const running = [...this.experiments.values()].filter((one) => !hasEnded(one) && fits(one));
    for (const one of running) this.stop(one, reason);
    return running.length;
  }

  #begin(experiment: Experiment): void {
    if (hasEnded(experiment)) return;
    experiment.startedAt = Date.now();
    const { targets, experimentOptions } = experiment.template.input;
    const resolved = new Map(
      Object.entries(targets).map(([name, target]) => [name, resolveTarget(this.#state, target)]),
    );
    const isEmpty = ({ tasks, hosts }: Resolved): boolean => tasks.length + hosts.length === 0;
    if ([...resolved.values()].some(isEmpty) && experimentOptions.emptyTargetResolutionMode === 'fail') {
      this.#end(experiment, 'failed', 'Target resolution returned empty set.');
      return;
    }
    if (experiment.actions.every(({ state }) => state.status === 'skipped')) {
      this.#end(experiment, 'completed', 'Experiment completed with all actions skipped.');
      return;
    }
    this.#set(experiment, 'running', 'Experiment is running.');
    this.#beginActions(experiment, resolved);
  }

  /** Actions without `startAfter` begin together, each of the others after those that it names (FIS-3). */
  #beginActions(experiment: Experiment, resolved: ReadonlyMap<string, Resolved>): void {
    if (hasEnded(experiment)) return;
    const { actions } = experiment;
    const isOver = (name: string): boolean =>
      actions.find((one) => one.name === name)?.state.status === 'completed';
    for (const action of actions) {
      if (action.state.status !== 'pending' || !(action.input.startAfter ?? []).every(isOver)) continue;
      this.#run(experiment, action, resolved);
    }
    if (actions.every(({ state }) => state.status === 'completed'))
      this.#end(experiment, 'completed', 'Experiment completed.');
  }

  #run(experiment: Experiment, action: RunningAction, resolved: ReadonlyMap<string, Resolved>): void {
    action.startedAt = Date.now();
    action.state = { status: 'running', reason: 'Action is running.' };
    const knob = this.#state.knobs.fisAction;
    if (knob === 'fails') {
      action.endedAt = Date.now();
      action.state = { status: 'failed', reason: 'The role may not perform the action.' };
      this.#end(experiment, 'failed', `Action "${action.name}" failed: ${action.state.reason}`);
      return;
    }
    const over = (): void => {
      if (action.state.status !== 'running') return;
      this.#ends.delete(action);
      action.endedAt = Date.now();
      action.state = { status: 'completed', reason: 'Action was completed.' };
      this.#beginActions(experiment, resolved);
    };
    if (knob === 'ends-early') {
      this.#later(0, over);
      return;
    }
    const targets = Object.values(action.input.targets ?? {}).map((name) => resolved.get(name));
    this.#perform(experiment, action, over, {
      tasks: targets.flatMap((one) => one?.tasks ?? []),
      hosts: targets.flatMap((one) => one?.hosts ?? []),
    });
  }

  #perform(experiment: Experiment, action: RunningAction, over: () => void, on: Resolved): void {
    const { parameters = {}, actionId } = action.input;
    switch (actionId) {
      case 'aws:fis:wait':
        this.#later(this.#lengthOf(parameters['duration']), over);
        return;
      case 'aws:ecs:stop-task':
        // What FIS gives as the reason is not documented.
        for (const task of on.tasks) task.stop('UserInitiated', `AWS FIS experiment ${experiment.id}`, 'fis');
        this.#later(0, over);
        return;
      case 'aws:ecs:drain-container-instances': {
        const share = Number(parameters['drainagePercentage'] ?? 100) / 100;
        const hosts = on.hosts.slice(0, Math.ceil(on.hosts.length * share));
        for (const host of hosts) changeStatus(this.#state, host, 'DRAINING');
        const putBack = (): void => {
          for (const host of hosts) if (host.status === 'DRAINING') changeStatus(this.#state, host, 'ACTIVE');
        };
        this.#ends.set(action, putBack);
        this.#later(this.#lengthOf(parameters['duration']), () => {
          putBack();
          over();
        });
        return;
      }
      case 'aws:ec2:send-spot-instance-interruptions': {
        const before = this.#lengthOf(parameters['durationBeforeInterruption']);
        const notice = Math.max(0, before - noticeMinutes * this.#state.knobs.fisMinuteMs);
        for (const host of on.hosts)
          this.#later(notice, () => this.#interrupt(experiment, action, host, over));
      }
    }
  }

  /** The notice: what ECS makes of it is the host's own draining; when it is over the host is gone (ECS-68, FIS-5). */
  #interrupt(experiment: Experiment, action: RunningAction, host: ContainerInstance, over: () => void): void {
    // An interruption that was announced is not taken back.
    if (hasEnded(experiment) || action.state.status !== 'running') return;
    if (this.#state.knobs.spotDraining === 'on') changeStatus(this.#state, host, 'DRAINING');
    this.#later(this.#state.knobs.spotNoticeMs, () => {
      terminate(this.#state, host);
      over();
    });
  }

  #lengthOf(duration: string | undefined): number {
    const [, hours = '0', minutes = '0', seconds = '0'] =
      /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(duration ?? '') ?? [];
    return (Number(hours) * 60 + Number(minutes) + Number(seconds) / 60) * this.#state.knobs.fisMinuteMs;
  }

  #end(
    experiment: Experiment,
    status: 'completed' | 'stopped' | 'failed' | 'cancelled',
    reason: string,
  ): void {
    for (const action of experiment.actions) {
      if (action.state.status === 'pending') action.state = { status: 'cancelled', reason };
      if (action.state.status !== 'running') continue;
      action.endedAt = Date.now();
      action.state = { status: 'stopped', reason };
      this.#ends.get(action)?.();
      this.#ends.delete(action);
    }
    experiment.endedAt = Date.now();
    this.#set(experiment, status, reason);
  }

  #set(experiment: Experiment, status: Experiment['state']['status'], reason: string): void {
    experiment.state = { status, reason };
    const { id } = experiment;
    this.#state.events.emit('event', { at: Date.now(), event: 'experiment-status', experiment: id, status });
  }
}

/** What FIS checks of a template before it takes it (FIS-3, FIS-5). */
function checkTemplate({ actions, targets }: TemplateInput): void {
  if (Object.keys(actions).length === 0) invalid('A template needs an action.');
  for (const [name, { actionId, parameters = {}, targets: named = {}, startAfter = [] }] of Object.entries(
    actions,
  )) {
    for (const target of Object.values(named))
      if (!(target in targets)) invalid(`Action ${name} names the target ${target}, which is not defined.`);
    for (const other of startAfter) if (!(other in actions)) invalid(`Action ${name} starts after ${other}.`);
    if (actionId !== 'aws:fis:wait' && Object.keys(named).length === 0)
      invalid(`Action ${name} needs a target.`);
    const before = /^PT(\d+)M$/.exec(parameters['durationBeforeInterruption'] ?? '')?.[1];
    const isBounded = before !== undefined && Number(before) >= 2 && Number(before) <= 15;
    if (actionId === 'aws:ec2:send-spot-instance-interruptions' && !isBounded)
      invalid('durationBeforeInterruption is from PT2M to PT15M.');
  }
  for (const [name, { resourceArns, resourceTags, parameters = {} }] of Object.entries(targets)) {
    const ways = [resourceArns, resourceTags].filter((way) => way !== undefined).length;
    if (ways > 1 || (ways === 0 && parameters['cluster'] === undefined))
      invalid(`Target ${name} needs resource ARNs or resource tags, and not both.`);
  }
}

function invalid(message: string): never {
  throw new FisError('ValidationException', message);
}

/** Ids look like EXT1aB2cD3eF4gH5iJ6. */
function makeId(kind: 'EXT' | 'EXP'): string {
  return `${kind}${randomBytes(9).toString('hex').slice(0, 15)}`;
}
