import { agentLeft } from './agent-left.ts';
import { buildPassed, targetPassed } from './build-passed.ts';
import type { Check } from './check.ts';
import { consistent } from './consistent.ts';
import { containerClean } from './container-clean.ts';
import { drainInTime } from './drain-time.ts';
import { flushed } from './flushed.ts';
import { idleInTime } from './idle-time.ts';
import { inFlight } from './in-flight.ts';
import { landed } from './landed.ts';
import { lateJobs } from './late-jobs.ts';
import { noJobLost } from './no-job-lost.ts';
import { notBroken } from './not-broken.ts';
import { notCanceledByAgent } from './not-canceled-by-agent.ts';
import { sidecars } from './sidecars.ts';
import { stillIdle } from './still-idle.ts';
import { host, lossElsewhere, memory, notCanceled, pid1, realWorker } from './undisturbed.ts';

/** Every question that a verdict rests on, in the order in which they are shown. Adding one is one file and one line. */
export const CHECKS: readonly Check[] = [
  landed,
  inFlight,
  stillIdle,
  noJobLost,
  targetPassed,
  notCanceledByAgent,
  notBroken,
  agentLeft,
  containerClean,
  lateJobs,
  consistent,
  flushed,
  sidecars,
  buildPassed,
  drainInTime,
  idleInTime,
  notCanceled,
  lossElsewhere,
  memory,
  host,
  pid1,
  realWorker,
];
