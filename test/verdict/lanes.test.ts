import { describe, expect, it } from 'vitest';
import type { Lane } from '../../src/model/lane.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { aContainer, aContainerDefinition } from '../support/builders.ts';
import { AGENT_GONE, AGENT_LOST, clocks, LOST, story, T, type Told } from '../support/journal-builders.ts';

const KILLED: Told = {
  job: LOST,
  agent: AGENT_GONE,
  build: { state: 'failed', rawState: 'FAILED' },
  container: { exitCode: 137 },
};

/** The lanes of a story, with times as those of `T`: milliseconds since the job started. */
function lanesOf(told: Told): Readonly<Record<string, Pick<Lane, 'spans' | 'marks'>>> {
  const { lanes, timeline } = summarizeDrill(story(told), null);
  const start = timeline.find(({ said }) => said.endsWith(' started'))?.since ?? 0;
  const move = (at: number | null): number | null => (at === null ? null : at - start + T.running);
  return Object.fromEntries(
    lanes.map(({ of, name, spans, marks }) => [
      of === 'container' ? `container ${name}` : of,
      {
        spans: spans.map(({ how, from, to }) => ({ how, from: move(from), to: move(to) })),
        marks: marks.map((mark) => ({ ...mark, at: move(mark.at) ?? 0 })),
      },
    ]),
  );
}

function sign(of: string, at: number, clock: string, said: string, atLatest = false): object {
  return { sign: of, at, clock, said, atLatest };
}

describe('lanes', () => {
  it('show a drain: the job ends, the agent leaves, then its container and its task end', () => {
    const { gameday, job, agent, task, ...others } = lanesOf({});
    expect(gameday?.marks).toEqual([sign('call', T.stop, 'runner', 'StopTask sent')]);
    expect(job?.marks.at(-1)).toEqual(sign('passed', T.finished, 'buildkite', 'passed'));
    expect(job?.spans).toEqual([
      { how: 'running', from: T.running, to: T.landed },
      { how: 'stopping', from: T.landed, to: T.finished },
    ]);
    expect(agent?.marks).toEqual([sign('left', T.left, 'buildkite', 'disconnected')]);
    expect(others['container agent']?.marks).toEqual([
      sign('signal', T.landed, 'ecs', 'SIGTERM'),
      sign('exit', T.exited, 'ecs', 'exit 0'),
    ]);
    expect(task?.marks).toEqual([sign('stopped', T.stopped, 'ecs', 'STOPPED')]);
  });

  it('show that Buildkite takes a killed job for running until it gives the agent up', () => {
    const { job, agent } = lanesOf(KILLED);
    const silent = { how: 'silent', from: T.exited, to: AGENT_LOST.at };
    expect(job?.spans.at(-1)).toEqual(silent);
    expect(job?.marks.at(-1)).toEqual(
      sign('lost', Number(AGENT_LOST.at), 'buildkite', 'lost, exit status -1'),
    );
    expect(agent?.spans.at(-1)).toEqual(silent);
    expect(agent?.marks).toEqual([sign('lost', Number(AGENT_LOST.at), 'buildkite', 'given up as lost')]);
  });

  it('show SIGKILL where the exit code is 137, and stopTimeout as the deadline', () => {
    expect(lanesOf(KILLED)['container agent']?.marks.at(-1)).toEqual(
      sign('kill', T.exited, 'ecs', 'SIGKILL, exit 137'),
    );
    const { deadlines, timeline } = summarizeDrill(story({ definition: { stopTimeout: 20_000 } }), null);
    const start = timeline.find(({ said }) => said.endsWith(' started'))?.since ?? 0;
    const at = T.landed + 20_000 - T.running + start;
    expect(deadlines).toEqual([{ of: 'stop-timeout', at, said: 'stopTimeout 20.0 s: SIGKILL' }]);
  });

  it('signal a container when those that depend on it were seen to have ended', () => {
    const told: Told = {
      definition: { dependsOn: ['gateway'] },
      otherContainers: [aContainerDefinition({ name: 'gateway', essential: false })],
      task: {
        containers: [
          aContainer({ status: 'STOPPED', exitCode: 0 }),
          aContainer({ name: 'gateway', status: 'STOPPED', exitCode: 0 }),
        ],
      },
    };
    expect(lanesOf(told)['container gateway']?.marks).toEqual([
      sign('signal', T.exited, 'ecs', 'SIGTERM', true),
      sign('exit', T.stopped, 'ecs', 'exit 0', true),
    ]);
  });

  it('say whose clock an instant is by, and place it by what is known of that clock', () => {
    const ahead = lanesOf({ clocks: clocks(0, 60_000) });
    expect(ahead.task?.marks).toEqual([sign('stopped', T.stopped - 60_000, 'ecs', 'STOPPED')]);
  });

  it('show no signal and no deadline where nothing was stopped', () => {
    const { lanes, deadlines } = summarizeDrill(story({ stop: null }), null);
    expect(lanes.flatMap(({ marks }) => marks).filter((mark) => mark.sign === 'signal')).toEqual([]);
    expect(deadlines).toEqual([]);
  });
});
