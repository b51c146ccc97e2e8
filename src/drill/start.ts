import type { Call } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import { carries, metaDataFor, tellTale, type Mark } from '../model/entities/mark.ts';
import { hasBuild } from '../scenario/schema.ts';
import { markOf, readSince, type DrillState, type Sending } from '../state/state.ts';
import { askNow, fresh, halt, type Step } from '../state/step.ts';
import { namedBuild } from '../scenario/subjects.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import { all, seen } from '../model/world.ts';

/** How long and how often a build of unknown fate is looked up before the drill gives up on it, milliseconds. */
const LOOK_UP_FOR = 30_000;
const LOOK_UP_EVERY = 2_000;
/** How often a build is started at the most where nobody knows whether it was. */
const AT_MOST = 2;
const PATIENCE = 10_000;

/**
 * Start the build, or find the one that was named, created by an earlier process, or created by a call whose answer was
 * lost. Several are started one after another: the next one only when the one before it is known.
 */
export function decideStart(state: DrillState, now: Instant): Step {
  if (!hasBuild(state.plan.scenario)) return { do: 'conclude', event: { code: 'GD_ARMED', payload: {} } };
  const slug = namedBuild(state.plan);
  if (slug !== null) return findNamed(state, slug, now);
  const next = nextBuild(state);
  const sending = next.sendings.at(-1);
  if (sending === undefined) return create(state, next);
  if (sending.result === 'ok') return known(state, next, sending);
  if (sending.result === 'refused') return afterRefusal(state, next, sending, now);
  return lookUp(state, next, sending, now);
}

/** The build that is to be known next: its mark, and the calls by which it was to be created. */
interface Next {
  readonly mark: Mark;
  readonly sendings: readonly Sending[];
}

function nextBuild({ drill, plan, buildIds, creating }: DrillState): Next {
  const mark: Mark = { drill, nth: plan.scenario.build.count === 1 ? null : buildIds.length + 1 };
  const sendings = creating.filter(
    ({ call }) => call.kind === 'create-build' && carries(call.metaData, mark),
  );
  return { mark, sendings };
}

function create(state: DrillState, { mark }: Next): Step {
  const { build, title } = state.plan.scenario;
  const call: Call = {
    kind: 'create-build',
    pipeline: build.pipeline,
    pipelineNodeId: seen(state.world, 'pipeline', build.pipeline)?.nodeId ?? '',
    branch: build.branch,
    commit: build.commit,
    message: build.message === '' ? `gameday: ${title}` : build.message,
    env: build.env,
    metaData: metaDataFor(mark),
  };
  return { do: 'call', call, as: 'build' };
}

function conclude(buildId: string, by: 'created' | 'meta-data' | 'named'): Step {
  return { do: 'conclude', event: { code: 'GD_BUILD_KNOWN', payload: { buildId, by } } };
}

function findNamed(state: DrillState, slug: string, now: Instant): Step {
  const number = state.plan.scenario.build.number;
  const build = all(state.world, 'build').find(
    (one) => one.number === number && one.pipeline === state.plan.scenario.build.pipeline,
  );
  if (build !== undefined && readSince(state, 'build', slug, state.takenUpAt))
    return conclude(build.id, 'named');
  const mark = markOf(state, 'build', slug);
  const trouble = mark?.trouble ?? null;
  if (trouble !== null && (trouble.kind === 'not-found' || now - (mark?.failingSince ?? now) > PATIENCE))
    return halt(
      trouble.kind === 'not-found'
        ? 'build-not-created'
        : reasonOfTrouble({ kind: 'build', id: slug }, trouble),
      `build ${slug}: ${trouble.message}`,
    );
  return askNow(state, [{ kind: 'build', id: slug }], now);
}

/** perform writes the created build's facts before its answer, so it is in the world under its mark. */
function known(state: DrillState, next: Next, sending: Sending): Step {
  const build = all(state.world, 'build').find(({ metaData }) => carries(metaData, next.mark));
  if (build !== undefined) return conclude(build.id, 'created');
  return lookUp(state, next, sending, sending.answeredAt ?? sending.intendedAt);
}

/** Refused means that nothing happened: what an interruption held back is sent, a rate limit is waited out, anything else ends the drill. */
function afterRefusal(state: DrillState, next: Next, sending: Sending, now: Instant): Step {
  const { trouble } = sending;
  if (trouble?.kind === 'aborted') return create(state, next);
  if (trouble?.kind !== 'rate-limited')
    return halt(
      trouble === null || ['refused', 'not-found', 'garbage', 'server-error'].includes(trouble.kind)
        ? 'build-not-created'
        : reasonOfTrouble({ kind: 'build', id: 'new' }, trouble),
      `buildCreate was refused: ${trouble?.message ?? 'no reason given'}`,
    );
  const began = next.sendings[0]?.intendedAt ?? now;
  const again = (sending.answeredAt ?? now) + (trouble.retryAfter ?? 1_000);
  // What would be sent too late is not waited for.
  if (Math.max(now, again) - began > Math.min(state.plan.scenario.when.startWithin, 600_000))
    return halt('buildkite-rate-limited', `buildCreate: ${trouble.message}`);
  if (now < again) return { do: 'observe', asks: [], by: again };
  return create(state, next);
}

/** There is no idempotency key: after an unknown outcome the build is looked up by its meta-data, never sent again blindly. */
function lookUp(state: DrillState, next: Next, sending: Sending, now: Instant): Step {
  const { key, value: id } = tellTale(next.mark);
  const subject = { kind: 'drill-build', id } as const;
  const found = seen(state.world, 'drill-build', id)?.build ?? null;
  if (found !== null) return conclude(found, 'meta-data');
  const since = Math.max(sending.answeredAt ?? sending.intendedAt, state.takenUpAt);
  const mark = markOf(state, 'drill-build', id);
  if (now - since > LOOK_UP_FOR) {
    if (mark?.trouble != null)
      return halt(reasonOfTrouble(subject, mark.trouble), `looking for the build: ${mark.trouble.message}`);
    // A runner that died over its intent may never have sent it; what was looked for in vain is sent once more.
    if (sending.result === null && next.sendings.length < AT_MOST) return create(state, next);
    return halt(
      'build-not-created',
      `the answer to buildCreate was lost (${sending.trouble?.message ?? 'the runner ended'}), and no build carries ${key}=${id}`,
    );
  }
  if (mark === undefined || mark.triedAt < since) return { do: 'observe', asks: [fresh(subject)], by: now };
  const again = mark.triedAt + LOOK_UP_EVERY;
  if (now < again) return { do: 'observe', asks: [], by: again };
  return { do: 'observe', asks: [fresh(subject)], by: now };
}
