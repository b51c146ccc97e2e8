import * as z from 'zod';

import { noReplica } from './replica.ts';

const durationHint = 'a duration such as 250ms, 10s or 5m';
/** A length of time as people write it; comes out in milliseconds. */
export const duration = z
  .string(durationHint)
  .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, durationHint)
  .transform((text) => milliseconds(text));

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function milliseconds(text: string): number {
  const [, number = '0', unit = 'ms'] = /^([\d.]+)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(number) * (unitMs[unit] ?? 1);
}

/** Gives knobs their word where YAML makes a truth value out of it. */
function onOff<const T extends readonly [string, ...string[]]>(values: T): z.ZodType<T[number]> {
  const normal = (value: unknown): unknown => (value === null ? 'null' : value === false ? 'off' : value);
  return z.preprocess(normal, z.enum(values));
}

/** How far a clock is ahead (or, with a minus, behind); comes out in milliseconds. */
const offset = z
  .string()
  .regex(/^-?\d+(\.\d+)?(ms|s|m|h)$/, 'a duration such as 90s or -5m')
  .transform((text) => (text.startsWith('-') ? -milliseconds(text.slice(1)) : milliseconds(text)));

const wholeSeconds = duration.refine(
  (ms) => ms >= 1000 && ms % 1000 === 0,
  'whole seconds, 1s or more: agents take no other interval',
);

const replicaLag = z
  .union([
    duration.transform((lag) => ({ ...noReplica, lag })),
    z.strictObject({
      lag: duration,
      from: z.enum(['start', 'stop']).default('start'),
      reads: z.enum(['all', 'every-second']).default('all'),
    }),
  ])
  .default(noReplica);

/** What can be turned about a rig's behaviour, with the defaults (the CONTRACT pages say what each does). */
export const knobs = z.strictObject({
  pingInterval: wholeSeconds.default(1000),
  heartbeatInterval: wholeSeconds.default(1000),
  historyLag: duration.default(0),
  userPoints: z.int().min(1).default(5000),
  retriedJobsListed: z.boolean().default(true),
  connectionState: z.enum(['upper', 'lower']).default('upper'),
  drainedAgentEnds: z.enum(['disconnected', 'stopped']).default('disconnected'),
  lostDisconnectedAt: onOff(['null', 'set']).default('null'),
  lostAgentBySlug: onOff(['object', 'null']).default('object'),
  agentLostType: z.enum(['generic', 'finished']).default('generic'),
  lossEvent: z.enum(['AGENT_LOST', 'AGENT_DISCONNECTED', 'none']).default('AGENT_LOST'),
  gracefulReport: z.union([onOff(['auto', 'off']), z.strictObject({ delay: duration })]).default('auto'),
  disconnectCall: z.enum(['ok', 'fail']).default('ok'),
  containerBatch: duration.default(0),
  staleDescribe: z.int().min(0).default(0),
  exitCode: z.enum(['present', 'absent']).default('present'),
  secondStopTask: z.enum(['keeps', 'overwrites', 'refused']).default('keeps'),
  stopTask: z.enum(['ok', 'ignored']).default('ok'),
  stopProtected: z.enum(['stops', 'refused']).default('stops'),
  dispatch: z.enum(['warmest', 'longest-idle', 'latest-idle']).default('warmest'),
  rulesWithoutExitStatus: z.enum(['match-minus-one', 'leave-out-minus-one']).default('match-minus-one'),
  clockOffset: offset.default(0),
  ecsClockOffset: offset.default(0),
  instanceClockOffset: offset.default(0),
  hostClockOffset: z.union([offset, z.array(offset).min(1)]).default(0),
  buildkiteReplicaLag: replicaLag,
  ecsReplicaLag: replicaLag,
  signalLag: duration.default(0),
  noticeLag: duration.default(0),
  imageEnvironment: z.record(z.string().min(1), z.coerce.string()).default({}),
  agentFilter: z.enum(['exact', 'nothing', 'ignored', 'partial']).default('exact'),
  agentTag: z.enum(['present', 'absent', 'first-only']).default('present'),
  deregistrationDelay: duration.default(300_000),
  stoppingAtBehindElb: z.enum(['requested', 'signaled']).default('requested'),
  protectionMinute: duration.default(60_000),
  bakeMinute: duration.default(60_000),
  healthyAfter: duration.default(0),
  provisioning: duration.default(0),
  imagePull: duration.default(0),
  scaleInVictim: z.enum(['balanced', 'fullest-host', 'oldest', 'newest']).default('balanced'),
  spotNotice: duration.default(120_000),
  spotDraining: onOff(['on', 'off']).default('on'),
  fisMinute: duration.default(60_000),
  fisAction: z.enum(['runs', 'fails', 'ends-early']).default('runs'),
  safetyLever: z.enum(['disengaged', 'engaged']).default('disengaged'),
  ecsRateShare: z.number().gt(0).max(1).default(1),
});
