import type { NewEvent } from '../journal/events.ts';
import type { Call } from '../model/call.ts';
import { BUILD_KEY, DRILL_KEY } from '../model/entities/mark.ts';
import type { TaskDefinition } from '../model/entities/task.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Scenario } from '../scenario/schema.ts';
import { digestValue, isSecretValue } from '../model/secret-looks.ts';
import type { Digest } from '../model/secret-looks.ts';
import type { Fact } from '../model/world.ts';
import { hideStart } from '../worker/hidden-start.ts';

/** A fact as it may be known: whatever is derived from it later on, no secret is in it. */
export function hideFact(fact: Fact, scenario: Pick<Scenario, 'cluster'>, digest: Digest): Fact {
  switch (fact.kind) {
    case 'task-definition':
      return { ...fact, value: hideDefinition(fact.value, scenario, digest) };
    case 'build':
      return hideMetaData(fact, digest);
    default:
      return fact;
  }
}

function hideDefinition(
  definition: TaskDefinition,
  { cluster }: Pick<Scenario, 'cluster'>,
  digest: Digest,
): TaskDefinition {
  const { entryPoint = [], command = [] } = cluster.imageConfig ?? {};
  const containers = definition.containers.map((one) => hideStart(one, digest, [...entryPoint, ...command]));
  return { ...definition, containers };
}

/** Steps leave anything in a build's meta-data; only our own marks are read. */
function hideMetaData(fact: Extract<Fact, { kind: 'build' }>, digest: Digest): Fact {
  const known = fact.value.metaData;
  if (known === null) return fact;
  const isOurs = (key: string): boolean => key === DRILL_KEY || key === BUILD_KEY;
  const metaData = Object.fromEntries(
    Object.entries(known).map(([key, value]) => [key, isOurs(key) ? value : digestValue(value, digest)]),
  );
  return { ...fact, value: { ...fact.value, metaData } };
}

/**
 * An event as it may be written: a plan and the call that creates a build hold what a person gave to the build. Variables
 * that are marked as secrets are left to the journal, which hides their values in every text.
 */
export function hideEvent(event: NewEvent, marked: readonly string[], digest: Digest): NewEvent {
  switch (event.code) {
    case 'GD_DRILL_PLANNED':
      return { ...event, payload: { plan: hidePlan(event.payload.plan, marked, digest) } };
    case 'GD_BUILD_INTENDED':
      return { ...event, payload: { call: hideCall(event.payload.call, marked, digest) } };
    case 'GD_OBSERVED': {
      // What a read gave was hidden on its way in; the answer to the creation of a build was not.
      const facts = event.payload.facts.map((fact) =>
        fact.kind === 'build' ? hideMetaData(fact, digest) : fact,
      );
      return { ...event, payload: { ...event.payload, facts } };
    }
    default:
      return event;
  }
}

function hidePlan(plan: Plan, marked: readonly string[], digest: Digest): Plan {
  if (plan.mode === 'assert') return plan;
  const { build, cluster } = plan.scenario;
  const { imageConfig } = cluster;
  const scenario = {
    ...plan.scenario,
    build: { ...build, env: hideEnv(build.env, marked, digest) },
    cluster: { ...cluster, imageConfig: imageConfig === null ? null : hideStart(imageConfig, digest) },
  };
  return { ...plan, scenario };
}

function hideCall(call: Call, marked: readonly string[], digest: Digest): Call {
  return call.kind === 'create-build' ? { ...call, env: hideEnv(call.env, marked, digest) } : call;
}

/** What a person gave to the build is shown, unless it looks like a secret. */
function hideEnv(
  env: Readonly<Record<string, string>>,
  marked: readonly string[],
  digest: Digest,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      isSecretValue(name, value) && !marked.includes(name) ? digestValue(value, digest) : value,
    ]),
  );
}
