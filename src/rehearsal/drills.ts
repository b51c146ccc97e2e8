import { formatDuration } from '../scenario/duration.ts';
import type { Copy } from './definition.ts';
import type { Job } from './job.ts';
import type { Steps } from './pipeline.ts';

/** Milliseconds after which the rig's Buildkite gives a silent agent up; three to four minutes in reality. */
export const LOST_AFTER = 10_000;

const ORGANIZATION = 'acme';
const PIPELINE = 'rehearsal';
const CLUSTER = 'rehearsal';
const SERVICE = 'agents';

/** The drills by which a definition is known, in the order in which they are told of. */
export const DRILLS = ['busy', 'idle', 'near-end'] as const;
export type DrillName = (typeof DRILLS)[number];

/** A rig with one worker of the definition: whatever is struck is that one, and its replacement takes what is repeated. */
export function rigOf({ launchType }: Copy, programs: string | null): object {
  return {
    organization: ORGANIZATION,
    region: 'us-east-1',
    cluster: CLUSTER,
    lostAfter: formatDuration(LOST_AFTER),
    ...(programs === null ? {} : { programs }),
    services: [{ name: SERVICE, taskDefinition: 'task-definition.json', desiredCount: 1, launchType }],
    pipelines: [{ slug: PIPELINE, steps: 'pipeline.yml' }],
  };
}

/** What the scenarios rest on. */
export interface Ground {
  readonly steps: Steps;
  readonly job: Job;
  /** Milliseconds that the whole stop may take, all containers one after another. */
  readonly wholeStop: number;
  readonly container: string;
  readonly definition: string;
}

/** One scenario a drill, as plain data; written out, each can be run again by itself. */
export function scenarioOf(name: DrillName, ground: Ground): object {
  const { steps, job, wholeStop, container, definition } = ground;
  const idle = name === 'idle';
  return {
    version: 1,
    title: titleOf(name, definition),
    build: { organization: ORGANIZATION, ...(idle ? {} : { pipeline: PIPELINE, message: 'A rehearsal' }) },
    cluster: { region: 'us-east-1', name: CLUSTER, service: SERVICE, container },
    when: { ...momentOf(name, ground), startWithin: formatDuration(job.ms + START_WITHIN), attempts: 3 },
    inject: { fault: 'stop-task' },
    expect: idle ? {} : { build: 'passed', handover: 'forbidden' },
    limits: {
      verdictWithin: formatDuration(
        wholeStop + (idle ? 0 : job.ms) + (steps.commands.length > 1 ? OTHERS : 0) + SLACK,
      ),
      pollEvery: '500ms',
    },
    // There is one worker, and nobody's: nothing is to be spared.
    safety: { allowLastWorker: true },
    // Told of once, before all drills.
    preflight: 'off',
    rig: 'rig/rig.yaml',
  };
}

/** Milliseconds that a build's other steps, and a busy machine, may take before the step is in flight. */
const START_WITHIN = 300_000;
/** Milliseconds for the other steps of somebody's own pipeline, which the build needs to pass. */
const OTHERS = 1_200_000;
/** Milliseconds for what a drill waits for besides: a loss that is found late, a machine that is busy. */
const SLACK = 120_000;

function momentOf(name: DrillName, { steps, job }: Ground): object {
  const { ms, inFlightFor, left } = job;
  switch (name) {
    case 'busy':
      return { step: steps.step, inFlightFor: formatDuration(inFlightFor) };
    case 'idle':
      return { trigger: 'agent-idle', idleFor: '1s' };
    case 'near-end':
      return {
        trigger: 'near-end',
        step: steps.step,
        usually: formatDuration(ms),
        left: formatDuration(left),
      };
  }
}

const STRIKES: Readonly<Record<DrillName, string>> = {
  busy: 'strike busy',
  idle: 'strike idle',
  'near-end': 'strike near the end',
};

function titleOf(name: DrillName, definition: string): string {
  return `${STRIKES[name]}, ${definition}`;
}
