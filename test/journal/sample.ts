import type { Plan } from '../../src/drill/plan.ts';
import type { NewEvent } from '../../src/journal/events.ts';

/** A plan as small as one can be; nothing in it matters to the journal. */
export function aPlan(over: Partial<Plan> = {}): Plan {
  return {
    scenario: {
      version: 1,
      title: 'A step in flight survives StopTask on its task',
      build: {
        organization: 'acme',
        pipeline: 'canary',
        number: null,
        count: 1,
        branch: 'main',
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
      },
      when: {
        trigger: 'step-in-flight',
        step: 'integration',
        inFlightFor: 1000,
        startWithin: 600_000,
        attempts: 1,
      },
      inject: { fault: 'stop-task' },
      expect: {
        build: 'passed',
        drain: { within: 110_000 },
        idle: { within: null },
        handover: 'forbidden',
        containers: {},
      },
      limits: { verdictWithin: 1_200_000, pollEvery: 2000 },
      safety: {
        allowLastWorker: false,
        tasks: 1,
        window: null,
        minimumInterval: 0,
        killSwitch: null,
        haltWhen: [],
      },
      preflight: 'off',
      secrets: [],
      rig: null,
      control: null,
    },
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

/** A handful of events of different shapes, foreign text among them. */
export function someEvents(): readonly NewEvent[] {
  return [
    { code: 'GD_DRILL_PLANNED', payload: { plan: aPlan() } },
    {
      code: 'GD_GUARDS_ANSWERED',
      payload: {
        at: 'gate',
        answers: [{ guard: 'allow-list', holds: true, reason: null, said: 'service build-agents is named' }],
      },
    },
    { code: 'GD_TARGET_DROPPED', payload: { said: 'branch \u001b[31m\u009b naïve — ünïcode 🎯' } },
    { code: 'GD_HALTED', payload: { reason: 'kill-switch', said: 'the kill switch is on' } },
    { code: 'GD_SETTLED', payload: { left: ['build 12'] } },
  ];
}
