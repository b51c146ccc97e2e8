import type { Check } from '../seen.ts';
import { account } from './account.ts';
import { budget } from './budget.ts';
import { clocks } from './clocks.ts';
import { cluster } from './cluster.ts';
import { credentials } from './credentials.ts';
import { guards } from './guards.ts';
import { ledger } from './ledger.ts';
import { mapping } from './mapping.ts';
import { ownFleet } from './own-fleet.ts';
import { pipeline } from './pipeline.ts';
import { preflight } from './preflight.ts';
import { protection } from './protection.ts';
import { proxy } from './proxy.ts';
import { rights } from './rights.ts';
import { scaling } from './scaling.ts';
import { service } from './service.ts';
import { stateFolder } from './state-folder.ts';
import { step } from './step.ts';
import { token } from './token.ts';

/** Every check in the order in which a newcomer can act on them. Adding one is one file and one line. */
export const CHECKS: readonly Check[] = [
  token,
  budget,
  pipeline,
  step,
  credentials,
  account,
  rights,
  cluster,
  service,
  scaling,
  protection,
  mapping,
  preflight,
  proxy,
  clocks,
  stateFolder,
  ledger,
  ownFleet,
  guards,
];
