import { joinCommandLine } from '../../evidence/agent-container.ts';
import { hasDiedOfMemory } from '../../checks/undisturbed.ts';
import { seconds } from '../../checks/times.ts';
import { hasJobEnded } from '../../model/entities/job.ts';
import { NO_FAULT, type Cause, type Said } from './cause.ts';
import { sayEndSinceStop, readAgentExitCode, hasLeft, isLostAlive, type Grounds } from './grounds.ts';

/** Exit status of `timeout` (coreutils) where the time was over. */
const TIMED_OUT = 124;
/** A container that exits this long after the stop did not exit because of a signal from ECS, milliseconds. */
const LATER = 5_000;
/** Words by which a command line ends something after a time. */
const ENDS_IT = /\btimeout\s+(?:-\S+\s+)*\d|\bsleep\s+\d[^;|&\n]*(?:;|&&|\n)[^;]*\bkill\b/;

/** Something inside the container, or inside the step, has a shorter time-out of its own than ECS gives. */
export const innerTimeout: Cause = {
  name: 'inner-timeout',
  means: 'Something inside the container or the step has a time-out that is shorter than what ECS gives.',
  explains: 'how the container ended',
  judge(grounds) {
    if (isLostAlive(grounds)) return null;
    return judgeContainerTimeout(grounds) ?? judgeStepTimeout(grounds);
  },
};

function judgeContainerTimeout(grounds: Grounds): Said | null {
  const { agent } = grounds;
  const code = readAgentExitCode(grounds);
  if (agent === null || code === null || code === 0 || hasLeft(grounds) || agent.atTimeout) return null;
  if (hasDiedOfMemory(agent)) return null;
  const words = agent.definition === null ? '' : joinCommandLine(agent.definition).join(' ');
  const isWritten = ENDS_IT.test(words);
  const isLater = agent.lasted !== null && agent.lasted > LATER;
  if (code !== TIMED_OUT && !(isWritten && isLater && [137, 143].includes(code))) return null;
  const who = isWritten
    ? `\`${words}\` has a time-out of its own`
    : 'something with a time-out of its own ended it';
  return {
    weight: code === TIMED_OUT && isWritten ? 'proven' : 'likely',
    said: `an inner time-out: ${who}, and the container exited ${String(code)}${sayEndSinceStop(grounds)}, before its stopTimeout of ${seconds(agent.stopTimeout)}`,
    events: [agent.task.seq],
    saves:
      'remove the inner time-out, or make it longer than stopTimeout: ECS ends the container in any case',
    experiment:
      'run the drill with a step that is shorter than the inner time-out: it passes if that is the cause',
  };
}

/** `timeout` around the step's own command: the stop may have slowed the command down, but did not end it. */
function judgeStepTimeout({ hurt }: Grounds): Said | null {
  if (hurt === null || !hasJobEnded(hurt.job) || hurt.loss !== null) return null;
  if (hurt.job.passed || hurt.job.exitStatus !== String(TIMED_OUT)) return null;
  return {
    weight: 'likely',
    said: `an inner time-out: job ${hurt.job.id} ended with exit status ${String(TIMED_OUT)}, which is how \`timeout\` says that its time ran out`,
    events: [hurt.seen.seq],
    saves: 'a longer `timeout` in the step, or a shorter command behind it',
    experiment: NO_FAULT,
  };
}
