import type { BuildkiteKnobs } from './knobs.ts';
import type { Exit, Job } from './model.ts';
import type { CommandStep, RetryRule, RetryRules } from './steps.ts';

type Refuse = (why: string) => never;
type Raw = Readonly<Record<string, unknown>>;

// `automatic: true` is this rule (https://buildkite.com/docs/pipelines/configure/retry).
const ANY_FAILURE: RetryRule = { exitStatus: '*', signal: '*', signalReason: '*', limit: 2 };

const MOST_RETRIES = 10;

/** Reads a step's `retry` block. */
export function readRetry(value: unknown, refuse: Refuse): RetryRules {
  if (value === undefined || value === null) return { automatic: [], manual: true, manualOnPassed: true };
  if (!isRecord(value)) return refuse('"retry" is a map of "automatic" and "manual"');
  const other = Object.keys(value).find((key) => key !== 'automatic' && key !== 'manual');
  if (other !== undefined) return refuse(`"retry.${other}" is not modelled by the rig`);
  const manual = value['manual'];
  return {
    automatic: readAutomatic(value['automatic'], refuse),
    manual: !(manual === false || (isRecord(manual) && manual['allowed'] === false)),
    manualOnPassed: !(isRecord(manual) && manual['permit_on_passed'] === false),
  };
}

function readAutomatic(value: unknown, refuse: Refuse): readonly RetryRule[] {
  if (value === undefined || value === null || value === false) return [];
  if (value === true) return [ANY_FAILURE];
  return [value]
    .flat()
    .map((rule: unknown) => (isRecord(rule) ? readRule(rule, refuse) : refuse('a retry rule is a map')));
}

function readRule(rule: Raw, refuse: Refuse): RetryRule {
  const other = Object.keys(rule).find(
    (key) => !['exit_status', 'signal', 'signal_reason', 'limit'].includes(key),
  );
  if (other !== undefined) return refuse(`"retry.automatic.${other}" is not modelled by the rig`);
  const limit = rule['limit'] ?? 2;
  if (typeof limit !== 'number' || limit < 0 || limit > MOST_RETRIES)
    return refuse('a retry "limit" is 0 to 10');
  const namesCause = rule['signal'] !== undefined || rule['signal_reason'] !== undefined;
  return {
    // A rule that names only a signal or a reason leaves the exit status open; whether -1 too is a knob.
    exitStatus: statuses(rule['exit_status'], refuse) ?? (namesCause ? 'any' : '*'),
    signal: plainSignal(word(rule['signal'], refuse)),
    signalReason: word(rule['signal_reason'], refuse).toLowerCase(),
    limit,
  };
}

function word(value: unknown, refuse: Refuse): string {
  if (value === undefined) return '*';
  return typeof value === 'string' ? value : refuse('a signal and a signal reason are words');
}

function statuses(value: unknown, refuse: Refuse): '*' | readonly number[] | undefined {
  if (value === undefined) return undefined;
  if (value === '*') return '*';
  return [value].flat().map((entry: unknown) => {
    const status = typeof entry === 'number' ? entry : Number(entry);
    return Number.isInteger(status) && status >= -1 && status <= 255
      ? status
      : refuse('an exit status is -1 to 255 or "*"');
  });
}

/** Reads `soft_fail`: true, or a list of exit statuses. */
export function readSoftFail(value: unknown, refuse: Refuse): boolean | readonly number[] {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  const list = [value].flat();
  const wanted = list.map((entry: unknown) => (isRecord(entry) ? entry['exit_status'] : entry));
  if (wanted.includes('*')) return true;
  const found = statuses(wanted, refuse);
  return found === '*' || found === undefined ? true : found;
}

/** Whether an exit of this step does not redden the build. */
export function isSoftFailure(softFail: CommandStep['softFail'], exit: Exit): boolean {
  if (typeof softFail === 'boolean') return softFail;
  return softFail.includes(Number(exit.exitStatus));
}

/** The automatic rule that retries this job, with its place in the list; undefined when it stays as it is. */
export function matchingRule(
  step: CommandStep,
  job: Pick<Job, 'exit' | 'ruleUses'>,
  without: BuildkiteKnobs['rulesWithoutExitStatus'],
): { readonly rule: RetryRule; readonly index: number } | undefined {
  const { exit } = job;
  if (exit === null) return undefined;
  const index = step.retry.automatic.findIndex((rule) => ruleMatches(rule, exit, without));
  const rule = step.retry.automatic[index];
  // The first rule that matches decides, also when its limit is used up.
  if (rule === undefined || (job.ruleUses[index] ?? 0) >= rule.limit) return undefined;
  return { rule, index };
}

function ruleMatches(
  rule: RetryRule,
  exit: Exit,
  without: BuildkiteKnobs['rulesWithoutExitStatus'],
): boolean {
  const status = Number(exit.exitStatus);
  const signal = exit.signal === null ? 'none' : plainSignal(exit.signal);
  const reason = exit.signalReason === null ? 'none' : exit.signalReason.toLowerCase();
  return statusFits(rule, status, without) && fits(rule.signal, signal) && fits(rule.signalReason, reason);
}

function statusFits(
  rule: RetryRule,
  status: number,
  without: BuildkiteKnobs['rulesWithoutExitStatus'],
): boolean {
  // "The default is *" stands beside examples of rules for agent_stop, whose jobs end -1: both readings are there (BK-13).
  if (rule.exitStatus === 'any') return without === 'match-minus-one' || status !== -1;
  // "*" is 1 to 255 and leaves out -1, so a rule with it does not rescue a lost agent's job.
  return rule.exitStatus === '*' ? status >= 1 && status <= 255 : rule.exitStatus.includes(status);
}

function fits(wanted: string, got: string): boolean {
  return wanted === '*' || wanted === got;
}

function plainSignal(signal: string): string {
  return signal.toLowerCase().replace(/^sig/, '');
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
