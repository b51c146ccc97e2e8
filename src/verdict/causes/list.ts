import type { Cause } from './cause.ts';
import { agentExited } from './agent-exited.ts';
import { agentRestarted } from './agent-restarted.ts';
import { agentStoppedItself } from './agent-stopped-itself.ts';
import { buildCanceled } from './build-canceled.ts';
import { disconnectHung } from './disconnect-hung.ts';
import { failedByItself } from './failed-by-itself.ts';
import { heartbeatsStopped } from './heartbeats-stopped.ts';
import { hostGone } from './host-gone.ts';
import { idleTooLong } from './idle-too-long.ts';
import { initKilledWrapper } from './init-killed-wrapper.ts';
import { innerTimeout } from './inner-timeout.ts';
import { killedEarly } from './killed-early.ts';
import { outOfMemory } from './out-of-memory.ts';
import { retryMissed } from './retry-missed.ts';
import { sidecarBroke } from './sidecar-broke.ts';
import { sidecarFirst } from './sidecar-first.ts';
import { signalEaten } from './signal-eaten.ts';
import { signalToJob } from './signal-to-job.ts';
import { slowDrain } from './slow-drain.ts';
import { stepOverWindow } from './step-over-window.ts';
import { toldTwice } from './told-twice.ts';
import { unprotected } from './unprotected.ts';
import { wrapperDied } from './wrapper-died.ts';
import { wrapperStayed } from './wrapper-stayed.ts';

/** Every cause; among equals the order of this list decides. Adding one is one file and one line. */
export const CAUSES: readonly Cause[] = [
  agentRestarted,
  hostGone,
  buildCanceled,
  toldTwice,
  agentStoppedItself,
  signalToJob,
  sidecarFirst,
  sidecarBroke,
  heartbeatsStopped,
  signalEaten,
  initKilledWrapper,
  wrapperDied,
  wrapperStayed,
  disconnectHung,
  stepOverWindow,
  innerTimeout,
  outOfMemory,
  slowDrain,
  idleTooLong,
  unprotected,
  killedEarly,
  agentExited,
  failedByItself,
  retryMissed,
];
