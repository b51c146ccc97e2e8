import { formatDuration } from '../scenario/duration.ts';
import type { Copy } from './definition.ts';
import type { Job } from './job.ts';
import type { Steps } from './pipeline.ts';

/** Milliseconds after which the rig's Buildkite gives up a silent agent; really three to four minutes. */
export const LOST_AFTER = 10_000;

const ORGANIZATION = 'acme';
const PIPELINE = 'rehearsal';
const CLUSTER = 'rehearsal';
const SERVICE = 'agents';

/** The drills of a rehearsal, in the order of the report. */
export const DRILLS = ['busy', 'idle', 'near-end'] as const;
export type DrillName = (typeof DRILLS)[number];

/** A rig with one worker of the definition: only that one can be stopped, and its replacement takes a retried job. */
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

/** The input of the scenarios. */
export interface Ground {
  readonly steps: Steps;
  readonly job: Job;
  /** Milliseconds that the whole stop may take, with all containers one after another. */
  readonly wholeStop: number;
  readonly container: string;
  readonly definition: string;
}

/** The scenarios, one for each drill, as plain data; each can also be run alone. */
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
    // The only worker is the rig's own, so no worker must be kept.
    safety: { allowLastWorker: true },
    // Preflight is reported once, before all drills.
    preflight: 'off',
    rig: 'rig/rig.yaml',
  };
}

/** Milliseconds until the step is in flight, at most: for a build's other steps on a busy machine. */
const START_WITHIN = 300_000;
/** Milliseconds for the other steps of the user's own pipeline, which must pass as well. */
const OTHERS = 1_200_000;
/** Milliseconds for other waits: a loss that is found late, a busy machine. */
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

const MOMENTS: Readonly<Record<DrillName, string>> = {
  busy: 'stop while busy',
  idle: 'stop while idle',
  'near-end': 'stop near the end',
};

function titleOf(name: DrillName, definition: string): string {
  return `${MOMENTS[name]}, ${definition}`;
}
