import { assertNever } from '../model/errors.ts';
import type { Scenario, When } from '../model/plan.ts';
import type { ScenarioInput } from './schema.ts';

/** A validated scenario file in the words of a drill: every default filled in, what was left out is null. */
export function toScenario(input: ScenarioInput): Scenario {
  const { build, safety } = input;
  return {
    version: input.version,
    title: input.title,
    build: {
      organization: build.organization ?? null,
      pipeline: build.pipeline ?? '',
      number: build.number ?? null,
      count: build.count,
      branch: build.branch,
      commit: build.commit,
      message: build.message ?? `gameday: ${input.title}`,
      env: build.env,
    },
    cluster: clusterOf(input.cluster),
    when: whenOf(input.when),
    inject: injectOf(input.inject),
    expect: {
      build: input.expect.build,
      drain: { within: input.expect.drain.within ?? null },
      idle: { within: input.expect.idle.within ?? null },
      handover: input.expect.handover,
      containers: Object.fromEntries(
        Object.entries(input.expect.containers).map(([name, { exit, outlives }]) => [
          name,
          { exit, outlives: outlives ?? null },
        ]),
      ),
    },
    limits: { ...input.limits, signalLag: input.limits.signalLag ?? null },
    safety: {
      allowLastWorker: safety.allowLastWorker,
      tasks: safety.tasks,
      window: windowOf(safety.window),
      minimumInterval: safety.minimumInterval,
      killSwitch: safety.killSwitch ?? null,
      haltWhen: safety.haltWhen,
    },
    preflight: input.preflight,
    secrets: input.secrets,
    rig: input.rig ?? null,
    control: input.control ?? null,
  };
}

function injectOf({ fault, steered }: ScenarioInput['inject']): Scenario['inject'] {
  return fault === 'scale-in' ? { fault, steered } : { fault };
}

/** The keys of the trigger alone; that each has what it needs was looked at before. */
function whenOf(when: ScenarioInput['when']): When {
  const { startWithin, attempts, step = '', usually = null } = when;
  const patience = { startWithin, attempts };
  switch (when.trigger) {
    case 'step-in-flight':
      return { trigger: when.trigger, step, inFlightFor: when.inFlightFor ?? 0, ...patience };
    case 'agent-idle':
      return { trigger: when.trigger, idleFor: when.idleFor ?? 0, ...patience };
    case 'near-end':
      return { trigger: when.trigger, step, usually, left: when.left ?? 0, ...patience };
    case 'at-fraction':
      return { trigger: when.trigger, step, usually, fractionLeft: when.fractionLeft ?? 0, ...patience };
    case 'fleet-busy':
      return { trigger: when.trigger, busy: when.busy ?? 1, step: when.step ?? null, ...patience };
    default:
      return assertNever(when.trigger);
  }
}

function clusterOf(cluster: ScenarioInput['cluster']): Scenario['cluster'] {
  const region = /^arn:aws[a-z-]*:ecs:([a-z0-9-]+):/.exec(cluster.name)?.[1];
  return {
    region: cluster.region ?? region ?? null,
    name: cluster.name,
    // Tasks name their service in `group`, and there by its name alone.
    service: cluster.service?.split('/').at(-1) ?? null,
    family: cluster.family ?? null,
    taskTag: cluster.taskTag ?? null,
    container: cluster.container ?? null,
    sharedTask: cluster.sharedTask,
    mapping: cluster.mapping,
    // Read from its file when the scenario is loaded.
    imageConfig: null,
  };
}

function windowOf(window: ScenarioInput['safety']['window']): Scenario['safety']['window'] {
  if (window === undefined) return null;
  const [from = '', to = ''] = window.hours.split('-');
  return { timeZone: window.timeZone, days: window.days, from, to, blackout: window.blackout };
}
