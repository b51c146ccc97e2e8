import type { Scenario } from '../../src/scenario/schema.ts';

type SpotReclaim = Extract<Scenario['inject'], { fault: 'spot-reclaim' }>;

/** `spot-reclaim` as a scenario without more words means it. */
export const SPOT_RECLAIM: SpotReclaim = {
  ...{ fault: 'spot-reclaim', through: 'ecs' },
  ...{ role: null, template: null },
};

export const FIS_ROLE = 'arn:aws:iam::123456789012:role/gameday-fis';

/** The same by a template of FIS that the drill makes. */
export const BY_FIS: SpotReclaim = { ...SPOT_RECLAIM, through: 'fis', role: FIS_ROLE };
