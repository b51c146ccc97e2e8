import { FAULT_TRAITS } from './inject.ts';
import { isReason, REASONS } from '../model/reasons.ts';
import { isGlobOfSteps, StepName } from '../model/step-name.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { checkDrillsAtOnce } from './at-once-checks.ts';
import { checkCommand, checkFis } from './fault-checks.ts';
import { checkFlushed } from './counter-checks.ts';
import { checkPlace, checkRegionName } from './place-checks.ts';
import { hasValueAt, isMap, readTextAt, valueAt, type CrossProblem, type Rule } from './problem.ts';
import type { TreePath } from './problem.ts';
import { checkSpared } from './spared-checks.ts';
import { isTrigger } from './when.ts';

const checkBuildChoice: Rule = (tree) => {
  if (!hasValueAt(tree, 'build', 'number')) return [];
  return ['branch', 'commit', 'message', 'env', 'count']
    .filter((key) => hasValueAt(tree, 'build', key))
    .map((key) => ({
      path: ['build', key],
      at: 'key',
      message: `build.${key} starts a new build, but build.number names a running one`,
      next: 'Keep one of them.',
    }));
};

/** Which tasks the named fault takes; undefined where there is no such fault. */
function takesOf(fault: string) {
  return Object.entries(FAULT_TRAITS).find(([name]) => name === fault)?.[1].takes;
}

const checkBuildCount: Rule = (tree) => {
  const count = valueAt(tree, ['build', 'count']);
  const asked =
    typeof count === 'number' && count > 1 && count <= 100 && !hasValueAt(tree, 'build', 'number');
  const fault = readTextAt(tree, 'inject', 'fault') ?? '';
  if (!asked || takesOf(fault) !== 'target') return [];
  const message = `build.count: ${fault} stops one task, so that no more than one of ${String(count)} builds is stopped`;
  const next =
    'Leave build.count out, or choose a fault that can take several workers: deployment, drain-instance, scale-in.';
  return [{ path: ['build', 'count'], at: 'value', message, next }];
};

const checkTargetNamed: Rule = (tree) => {
  if (!isMap(valueAt(tree, ['cluster']))) return [];
  if (['service', 'family', 'taskTag'].some((key) => hasValueAt(tree, 'cluster', key))) return [];
  const message = 'cluster: name what may be stopped';
  return [{ path: ['cluster'], at: 'key', message, next: 'Add service, family or taskTag.' }];
};

const checkHostnameMapping: Rule = (tree) => {
  if (readTextAt(tree, 'cluster', 'mapping') !== 'hostname') return [];
  if (hasValueAt(tree, 'cluster', 'service') || hasValueAt(tree, 'cluster', 'family')) return [];
  const message = 'cluster.mapping: hostname needs a named service or family';
  return [
    { path: ['cluster', 'mapping'], at: 'value', message, next: 'Add cluster.service or cluster.family.' },
  ];
};

/** The trigger that the file names, or has by default; null where `when` is no map. */
function triggerOf(tree: unknown): string | null {
  if (!isMap(valueAt(tree, ['when']))) return null;
  if (!hasValueAt(tree, 'when', 'trigger')) return 'step-in-flight';
  const named = readTextAt(tree, 'when', 'trigger');
  return named !== null && isTrigger(named) ? named : null;
}

/** An idle worker needs no build; everything else stops a job of one. */
const checkBuildPresent: Rule = (tree) => {
  const trigger = triggerOf(tree);
  if (trigger === null) return [];
  if (trigger !== 'agent-idle') {
    if (hasValueAt(tree, 'build', 'pipeline')) return [];
    const named = hasValueAt(tree, 'build');
    const message = 'build.pipeline is missing';
    const next = `Slug of the pipeline: trigger ${trigger} waits for a step of its build.`;
    return [{ path: named ? ['build'] : [], at: 'key', message, next }];
  }
  const build = valueAt(tree, ['build']);
  return Object.keys(isMap(build) ? (build as object) : {})
    .filter((key) => key !== 'organization')
    .map((key) => ({
      path: ['build', key],
      at: 'key',
      message: `build.${key}: trigger agent-idle stops a worker without a job, so there is no build`,
      next: 'Leave out everything under build except the organization.',
    }));
};

/** Workers are looked for among the tasks of a service or family, and an idle one leaves no drain of a job to be asked for. */
const checkWorkerListing: Rule = (tree) => {
  const trigger = triggerOf(tree);
  if (trigger !== 'agent-idle' && trigger !== 'fleet-busy') return [];
  if (hasValueAt(tree, 'cluster', 'service') || hasValueAt(tree, 'cluster', 'family')) return [];
  const message = `when.trigger: ${trigger} looks through the tasks of a named service or family`;
  return [
    { path: ['when', 'trigger'], at: 'value', message, next: 'Add cluster.service or cluster.family.' },
  ];
};

const checkIdleKeys: Rule = (tree) => {
  const idle = triggerOf(tree) === 'agent-idle';
  const problems: CrossProblem[] = [];
  if (!idle && triggerOf(tree) !== null && hasValueAt(tree, 'expect', 'idle', 'within')) {
    const message = 'expect.idle.within: only trigger agent-idle stops a worker without a job';
    problems.push({
      path: ['expect', 'idle', 'within'],
      at: 'key',
      message,
      next: 'Use expect.drain.within.',
    });
  }
  if (idle && hasValueAt(tree, 'expect', 'drain', 'within')) {
    const message = 'expect.drain.within: trigger agent-idle stops a worker without a job';
    problems.push({
      path: ['expect', 'drain', 'within'],
      at: 'key',
      message,
      next: 'Use expect.idle.within.',
    });
  }
  if (idle && takesOf(readTextAt(tree, 'inject', 'fault') ?? '') === 'service') {
    const message = `inject.fault: ${readTextAt(tree, 'inject', 'fault') ?? ''} takes every worker, not an idle one`;
    problems.push({ path: ['inject', 'fault'], at: 'value', message, next: 'Use another trigger or fault.' });
  }
  return problems;
};

const checkTimeLeft: Rule = (tree) => {
  const usually = parseDuration(readTextAt(tree, 'when', 'usually') ?? '');
  const left = parseDuration(readTextAt(tree, 'when', 'left') ?? '');
  if (usually === null || left === null || left < usually) return [];
  const message = 'when.left is not shorter than when.usually, so the injection would not come near the end';
  return [{ path: ['when', 'left'], at: 'value', message, next: 'Make it shorter.' }];
};

/** The usual times of several steps differ, and one median of all of them would be no step's. */
const checkUsualTime: Rule = (tree) => {
  const trigger = triggerOf(tree);
  const step = StepName.safeParse(valueAt(tree, ['when', 'step']));
  if (trigger !== 'near-end' && trigger !== 'at-fraction') return [];
  if (hasValueAt(tree, 'when', 'usually')) return [];
  if (readTextAt(tree, 'build', 'follow') === 'triggered') {
    const message = `when.usually is missing: the step may be of another pipeline than build.pipeline, whose history is read`;
    return [{ path: ['when'], at: 'key', message, next: 'Say how long the step usually runs.' }];
  }
  if (!step.success || !isGlobOfSteps(step.data)) return [];
  const message =
    'when.step: a glob may name several steps, so how long one of them usually runs is not known';
  return [{ path: ['when', 'step'], at: 'value', message, next: 'Add when.usually, or name one step.' }];
};

const checkTimeLimits: Rule = (tree) => {
  const ms = (...path: TreePath): number | null => parseDuration(readTextAt(tree, ...path) ?? '');
  const verdict =
    ms('limits', 'verdictWithin') ?? (hasValueAt(tree, 'limits', 'verdictWithin') ? Infinity : 1_200_000);
  const drain = ms('expect', 'drain', 'within');
  const idle = ms('expect', 'idle', 'within');
  const poll = ms('limits', 'pollEvery');
  const problems: CrossProblem[] = [];
  const over = (path: TreePath, name: string): void => {
    const message = `${name} is longer than limits.verdictWithin (${formatDuration(verdict)})`;
    problems.push({ path, at: 'value', message, next: 'Raise limits.verdictWithin, or lower this.' });
  };
  if (drain !== null && drain > verdict) over(['expect', 'drain', 'within'], 'expect.drain.within');
  if (idle !== null && idle > verdict) over(['expect', 'idle', 'within'], 'expect.idle.within');
  const command = ms('inject', 'limit');
  if (command !== null && command > verdict) over(['inject', 'limit'], 'inject.limit');
  if (poll !== null && poll > verdict) over(['limits', 'pollEvery'], 'limits.pollEvery');
  return problems;
};

const checkControl: Rule = (tree) => {
  if (!isMap(valueAt(tree, ['control']))) return [];
  const problems: CrossProblem[] = [];
  if (!hasValueAt(tree, 'rig')) {
    const message = 'control: a negative control needs a rig';
    problems.push({ path: ['control'], at: 'key', message, next: 'Name a rig file with `rig:`.' });
  }
  const reason = readTextAt(tree, 'control', 'reason');
  const outcome = readTextAt(tree, 'control', 'outcome');
  if (reason === null || outcome === null || !isReason(reason) || REASONS[reason].outcome === outcome)
    return problems;
  const message = `control.reason: ${reason} belongs to the outcome ${REASONS[reason].outcome}`;
  return [...problems, { path: ['control', 'reason'], at: 'value', message, next: 'Make the two agree.' }];
};

const checkHaltSources: Rule = (tree) => {
  const list = valueAt(tree, ['safety', 'haltWhen']);
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index): readonly CrossProblem[] => {
    if (!isMap(entry) || hasValueAt(entry, 'file') !== hasValueAt(entry, 'url')) return [];
    const message = `safety.haltWhen[${index}]: give exactly one of file and url`;
    return [{ path: ['safety', 'haltWhen', index], at: 'value', message, next: null }];
  });
};

const checkSafetyWindow: Rule = (tree) => {
  const problems: CrossProblem[] = [];
  const zone = readTextAt(tree, 'safety', 'window', 'timeZone');
  if (zone !== null && zone !== '' && !isZone(zone)) {
    const message = 'safety.window.timeZone: no such IANA time zone';
    const next = 'Write one such as Europe/Berlin or UTC.';
    problems.push({ path: ['safety', 'window', 'timeZone'], at: 'value', message, next });
  }
  const [from, to] = (readTextAt(tree, 'safety', 'window', 'hours') ?? '').split('-');
  if (to !== undefined && from === to) {
    const message = 'safety.window.hours: the window begins and ends at the same time';
    problems.push({ path: ['safety', 'window', 'hours'], at: 'value', message, next: null });
  }
  return problems;
};

/** Only names: an offset such as +01:00 has no daylight saving time. */
function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const RULES: readonly Rule[] = [
  checkBuildChoice,
  checkBuildCount,
  checkTargetNamed,
  checkPlace,
  checkRegionName,
  checkHostnameMapping,
  checkBuildPresent,
  checkWorkerListing,
  checkIdleKeys,
  checkTimeLeft,
  checkUsualTime,
  checkTimeLimits,
  checkCommand,
  checkFlushed,
  checkSpared,
  checkFis,
  checkControl,
  checkHaltSources,
  checkSafetyWindow,
  checkDrillsAtOnce,
];

/** Every problem between keys, even where the schema refuses other keys: all problems are reported at once. */
export function findCrossProblems(tree: unknown): readonly CrossProblem[] {
  return RULES.flatMap((rule) => rule(tree));
}
