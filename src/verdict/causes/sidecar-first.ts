import { byRunner, clocksOf } from '../../evidence/clocks.ts';
import { findEndTime } from '../../evidence/job-times.ts';
import { NO_FAULT, type Cause, type Said } from './cause.ts';
import { findForeseen, type Grounds } from './grounds.ts';
import { listStoppedWithAgent, findEndedSidecar } from './sidecars.ts';

/** A container that the job may need was stopped together with the agent, not after it. */
export const sidecarFirst: Cause = {
  name: 'sidecar-first',
  means: 'A container that the job may need was stopped together with the agent, or before it.',
  explains: 'a sidecar',
  judge(grounds) {
    switch (grounds.reason) {
      case 'sidecar-cut':
        return judgeWatchedContainers(grounds);
      case 'broken-by-stop':
      case 'build-failed':
        return judgeBrokenJob(grounds);
      default:
        return null;
    }
  },
};

function judgeWatchedContainers(grounds: Grounds): Said | null {
  const { evidence, agent } = grounds;
  const watched = evidence.plan.scenario.expect.containers;
  const loose = listStoppedWithAgent(grounds).filter((name) => watched[name]?.outlives === 'agent');
  if (agent === null || loose.length === 0) return null;
  const gone = findEndedSidecar(grounds);
  const isSeen = gone !== null && loose.includes(gone.name);
  const own = agent.definition?.name ?? 'the agent';
  return {
    weight: isSeen ? 'proven' : 'likely',
    said: `nothing orders the stop: ${loose.join(', ')} got SIGTERM at the same moment as ${own}, whose job may still have needed it${isSeen ? `, and ${gone.name} was seen STOPPED while ${own} still ran` : ''}`,
    events: [gone?.seen.seq ?? null, agent.task.seq],
    saves: savesOf(grounds),
    experiment: `run the drill with the order written down: ${savesOf(grounds)}`,
  };
}

/** The job failed after another container of the task had exited; nothing shows whether the job needed it. */
function judgeBrokenJob(grounds: Grounds): Said | null {
  const { hurt } = grounds;
  const gone = findEndedSidecar(grounds);
  if (gone === null || hurt === null || hurt.role === 'elsewhere') return null;
  const end = findEndTime(hurt.job);
  const seen = byRunner(grounds.evidence, gone.seen.answeredAt, gone.seen.seq);
  if (end === null || clocksOf(grounds.evidence).order(seen, end) !== 'before') return null;
  return {
    weight: 'likely',
    said: `sidecar ${gone.name} was gone before the job's end, and the job ended with exit status ${hurt.job.exitStatus ?? 'none'} after that`,
    events: [gone.seen.seq, hurt.seen.seq],
    saves: savesOf(grounds),
    experiment: NO_FAULT,
  };
}

function savesOf(grounds: Grounds): string {
  return (
    findForeseen(grounds, 'sidecar-before-agent')?.change ??
    'let the agent depend on it (dependsOn), and ECS stops it after the agent'
  );
}
