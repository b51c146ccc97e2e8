import { allowList } from './allow-list.ts';
import { blastRadius } from './blast-radius.ts';
import { budget } from './budget.ts';
import { confirm } from './confirm.ts';
import type { Guard } from './guard.ts';
import { haltConditions } from './halt.ts';
import { inertFault } from './inert-fault.ts';
import { intermediateBuilds } from './intermediate-builds.ts';
import { killSwitch } from './kill-switch.ts';
import { leftOver } from './left-over.ts';
import { lock } from './lock.ts';
import { mapping } from './mapping.ts';
import { preflight } from './preflight.ts';
import { roomForMark } from './room-for-mark.ts';
import { safetyLever } from './safety-lever.ts';
import { selfTarget } from './self-target.ts';
import { sharedTask } from './shared-task.ts';
import { settled } from './settled.ts';
import { tooSoon } from './too-soon.ts';
import { window } from './window.ts';

/** Every guard in the order in which a refusal decides. Adding one is one file and one line. */
export const GUARDS: readonly Guard[] = [
  killSwitch,
  safetyLever,
  selfTarget,
  mapping,
  allowList,
  intermediateBuilds,
  sharedTask,
  window,
  lock,
  leftOver,
  roomForMark,
  tooSoon,
  inertFault,
  preflight,
  blastRadius,
  settled,
  budget,
  haltConditions,
  confirm,
];

/** The guards that may wait, asked also while the drill waits for the moment of the injection. */
export const WAITING_GUARDS: readonly Guard[] = [blastRadius, settled, budget];
