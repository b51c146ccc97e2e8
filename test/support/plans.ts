import type { Plan, ScenarioPlan } from '../../src/scenario/plan.ts';
import type { Scenario } from '../../src/scenario/schema.ts';

type Sections = {
  readonly [S in keyof Scenario]?: Scenario[S] extends readonly unknown[]
    ? Scenario[S]
    : Scenario[S] extends object
      ? Partial<Scenario[S]>
      : Scenario[S];
};

/** What a test changes of the scenario, section by section. */
export type ScenarioOver = Sections;

const SCENARIO: Scenario = {
  version: 1,
  title: 'A step in flight survives StopTask on its task',
  build: {
    organization: 'acme',
    pipeline: 'canary',
    number: null,
    count: 1,
    branch: null,
    follow: 'none',
    commit: 'HEAD',
    message: 'gameday: a step in flight',
    env: {},
  },
  cluster: {
    region: 'us-east-1',
    name: 'build-prod',
    service: 'build-agents',
    family: null,
    taskTag: null,
    container: null,
    sharedTask: 'forbidden',
    mapping: 'tag',
    imageConfig: null,
  },
  when: {
    trigger: 'step-in-flight',
    step: 'integration',
    inFlightFor: 3_000,
    startWithin: 600_000,
    attempts: 1,
  },
  inject: { fault: 'stop-task' },
  expect: {
    build: 'passed',
    drain: { within: 110_000 },
    idle: { within: null },
    touched: 'all',
    worker: 'drains',
    handover: 'forbidden',
    containers: {},
  },
  limits: { verdictWithin: 1_200_000, pollEvery: 2_000, signalLag: null },
  safety: {
    allowLastWorker: false,
    settled: 'wait',
    mark: 'on',
    tasks: 1,
    drillsAtOnce: 1,
    window: null,
    minimumInterval: 0,
    killSwitch: null,
    haltWhen: [],
  },
  preflight: 'off',
  secrets: [],
  rig: null,
  notify: [],
  control: null,
};

function scenarioOf(over: ScenarioOver): Scenario {
  return {
    ...SCENARIO,
    ...over,
    build: { ...SCENARIO.build, ...over.build },
    cluster: { ...SCENARIO.cluster, ...over.cluster },
    when: { ...SCENARIO.when, ...over.when } as Scenario['when'],
    inject: { ...SCENARIO.inject, ...over.inject } as Scenario['inject'],
    expect: { ...SCENARIO.expect, ...over.expect },
    limits: { ...SCENARIO.limits, ...over.limits },
    safety: { ...SCENARIO.safety, ...over.safety },
    control: over.control ?? null,
  };
}

/** A plan against real endpoints, consented to beforehand. */
export function planOf(
  scenario: ScenarioOver = {},
  over: Partial<Omit<Plan, 'scenario' | 'mode'>> = {},
): ScenarioPlan {
  const full = scenarioOf(scenario);
  return {
    mode: full.inject.fault === 'none' ? 'baseline' : 'inject',
    scenario: full,
    file: 'scenarios/exec-form.yaml',
    digest: 'd'.repeat(64),
    organization: 'acme',
    region: 'us-east-1',
    label: null,
    rig: null,
    embeddedRig: false,
    consent: 'yes',
    dryRun: false,
    lostAfter: 300_000,
    lockKey: 'ecs.us-east-1.amazonaws.com|us-east-1|build-prod|build-agents',
    runner: '0.1.0',
    ...over,
  };
}

/** What a rig says of itself, with or without a real PID 1. */
export function rigOf(pid1: boolean): Pick<Plan, 'rig'> {
  return {
    rig: {
      executor: pid1 ? 'namespace' : 'process',
      pid1,
      agent: { kind: 'stand-in', path: null, version: null },
      shell: null,
      knobs: {},
      lostAfterMs: null,
    },
  };
}
