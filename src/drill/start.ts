import {
  deliverCall,
  findLooksStart,
  readSubjectsAfter,
  RETRY_AFTER_MS,
  type Look,
} from '../faults/delivery.ts';
import type { Call } from '../model/call.ts';
import type { Trouble } from '../model/answer.ts';
import type { Instant } from '../model/instants.ts';
import { hasMark, makeMetaData, makeMarkEntry, type Mark } from '../model/entities/mark.ts';
import { parseTraceparent, traceparentFor } from '../model/trace.ts';
import { startWithinOf, type ScenarioPlan } from '../scenario/plan.ts';
import { hasBuild } from '../scenario/schema.ts';
import { markOf, hasReadSince, type DrillState, type Sending } from '../state/state.ts';
import { askNow, haltDrill, type Step } from '../state/step.ts';
import { readBuildSlug } from '../scenario/subjects.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import { listFacts, findFact } from '../model/world.ts';

/** How long and how often a build of unknown fate is looked up before the drill gives up on it, milliseconds. */
const LOOK_UP_FOR_MS = 30_000;
const LOOK_UP_EVERY_MS = 2_000;
/** A throttled creation is tried again for so long at the most, milliseconds. */
const RETRY_FOR_MS = 600_000;
/** How often a build is started at the most where nobody knows whether it was. */
const AT_MOST = 2;
const PATIENCE = 10_000;

/**
 * Start the build, or find the one that was named, created by an earlier process, or created by a call whose answer was
 * lost. Several are started one after another: the next one only when the one before it is known.
 */
export function decideStart(state: DrillState, now: Instant): Step {
  if (!hasBuild(state.plan.scenario)) return { do: 'conclude', event: { code: 'GD_ARMED', payload: {} } };
  const slug = readBuildSlug(state.plan);
  if (slug !== null) return findNamedBuild(state, slug, now);
  return createNextBuild(state, now) ?? haltDrill('internal', 'the build has no end');
}

/** Creates the build that is to be known next. There is no idempotency key: after an unknown outcome the build is looked up by its meta-data, never sent again blindly. */
function createNextBuild(state: DrillState, now: Instant): Step | null {
  const { drill, plan, buildIds, creating } = state;
  const mark: Mark = { drill, nth: plan.scenario.build.count === 1 ? null : buildIds.length + 1 };
  const sendings = creating.filter(
    ({ call }) => call.kind === 'create-build' && hasMark(call.metaData, mark),
  );
  const began = sendings[0]?.intendedAt ?? now;
  const { key, value: id } = makeMarkEntry(mark);
  const inWorld = listFacts(state.world, 'build').find(({ metaData }) => hasMark(metaData, mark))?.id;
  const byMetaData = findFact(state.world, 'drill-build', id)?.build ?? null;
  return deliverCall(
    state,
    {
      sendings,
      retryAfter: RETRY_AFTER_MS,
      send: () =>
        plan.mode === 'assert'
          ? haltDrill('internal', 'an assertion creates no build')
          : makeBuildStep(state, plan, mark),
      // perform writes the created build's facts before its answer, so it is in the world under its mark.
      isProvenBy: () => inWorld !== undefined,
      finish: ({ result }) =>
        result === 'ok' && inWorld !== undefined
          ? concludeBuildKnown(inWorld, 'created')
          : concludeBuildKnown(byMetaData ?? '', 'meta-data'),
      look: (sending) => (byMetaData === null ? lookUpBuild(state, id, sending, now) : { shows: 'happened' }),
      mayRepeat: ({ result }, at) =>
        result === 'refused'
          ? // What would be sent too late is not waited for.
            at - began <= Math.min(startWithinOf(plan), RETRY_FOR_MS)
          : // A runner that died over its intent may never have sent it; what was looked for in vain is sent once more.
            result === null && sendings.length < AT_MOST,
      refuse: ({ trouble }) => haltNotCreated(trouble),
      giveUp: ({ trouble }) =>
        haltDrill(
          'build-not-created',
          `the answer to buildCreate was lost (${trouble?.message ?? 'the runner ended'}), and no build carries ${key}=${id}`,
        ),
    },
    now,
  );
}

function makeBuildStep(state: DrillState, plan: ScenarioPlan, mark: Mark): Step {
  const { build, title } = plan.scenario;
  const pipeline = findFact(state.world, 'pipeline', build.pipeline);
  const call: Call = {
    kind: 'create-build',
    pipeline: build.pipeline,
    pipelineNodeId: pipeline?.nodeId ?? '',
    branch: build.branch ?? pipeline?.branch ?? '',
    commit: build.commit,
    message: build.message === '' ? `gameday: ${title}` : build.message,
    env: withTrace(build.env, state),
    metaData: makeMetaData(mark),
  };
  return { do: 'call', call, as: 'build' };
}

/** The build's own spans lie below the drill's; a TRACEPARENT of the scenario stands. */
function withTrace(
  env: Readonly<Record<string, string>>,
  { drill, plan }: DrillState,
): Record<string, string> {
  if (plan.traceparent === undefined) return env;
  return { TRACEPARENT: traceparentFor(drill, parseTraceparent(plan.traceparent)), ...env };
}

function concludeBuildKnown(buildId: string, by: 'created' | 'meta-data' | 'named'): Step {
  return { do: 'conclude', event: { code: 'GD_BUILD_KNOWN', payload: { buildId, by } } };
}

function findNamedBuild(state: DrillState, slug: string, now: Instant): Step {
  const number = state.plan.scenario.build.number;
  const build = listFacts(state.world, 'build').find(
    (one) => one.number === number && one.pipeline === state.plan.scenario.build.pipeline,
  );
  if (build !== undefined && hasReadSince(state, 'build', slug, state.takenUpAt))
    return concludeBuildKnown(build.id, 'named');
  const mark = markOf(state, 'build', slug);
  const trouble = mark?.trouble ?? null;
  if (trouble !== null && (trouble.kind === 'not-found' || now - (mark?.failingSince ?? now) > PATIENCE))
    return haltDrill(
      trouble.kind === 'not-found'
        ? 'build-not-created'
        : reasonOfTrouble({ kind: 'build', id: slug }, trouble),
      `build ${slug}: ${trouble.message}`,
    );
  return askNow(state, [{ kind: 'build', id: slug }], now);
}

/** Refused means that nothing happened. A rate limit that lasts too long is Buildkite's; what is wrong with the request is the scenario's. */
function haltNotCreated(trouble: Trouble | null): Step {
  const kind = trouble?.kind ?? 'refused';
  if (trouble !== null && kind === 'rate-limited')
    return haltDrill('buildkite-rate-limited', `buildCreate: ${trouble.message}`);
  const isOurs = trouble === null || ['refused', 'not-found', 'garbage', 'server-error'].includes(kind);
  return haltDrill(
    isOurs ? 'build-not-created' : reasonOfTrouble({ kind: 'build', id: 'new' }, trouble),
    `buildCreate was refused: ${trouble?.message ?? 'no reason given'}`,
  );
}

function lookUpBuild(state: DrillState, id: string, sending: Sending, now: Instant): Look {
  const subject = { kind: 'drill-build', id } as const;
  const since = findLooksStart(state, sending);
  if (now - since <= LOOK_UP_FOR_MS)
    return { shows: 'unclear', step: readSubjectsAfter(state, [subject], since, LOOK_UP_EVERY_MS, now) };
  const trouble = markOf(state, subject.kind, id)?.trouble ?? null;
  if (trouble === null) return { shows: 'nothing' };
  const said = `looking for the build: ${trouble.message}`;
  return { shows: 'unclear', step: haltDrill(reasonOfTrouble(subject, trouble), said) };
}
