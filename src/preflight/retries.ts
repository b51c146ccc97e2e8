import { isObject, itemsOf, member } from './json.ts';
import type { Json, JsonObject } from './json.ts';

/** The automatic retry rules of a step; `true` means one rule that matches every failure of the command. */
export function rulesOf(automatic: Json | undefined): readonly JsonObject[] {
  if (automatic === true || automatic === 'true') return [{ exit_status: '*' }];
  if (isObject(automatic)) return [automatic];
  return itemsOf(automatic).filter(isObject);
}

/**
 * Whether a rule matches a lost agent: exit status -1, no signal, no signal reason. `"*"` is 1 to 255 (Buildkite's page
 * on retries); that page does not say whether a rule without exit_status matches -1.
 */
export function matchesLostAgent(rule: JsonObject): 'yes' | 'no' | 'unknown' {
  const reason = member(rule, 'signal_reason');
  if (reason !== undefined && reason !== '*' && reason !== 'none') return 'no';
  const signal = member(rule, 'signal');
  if (signal !== undefined && signal !== '*' && signal !== 'none') return 'no';
  const status = member(rule, 'exit_status');
  if (status === undefined) return reason === undefined && signal === undefined ? 'no' : 'unknown';
  const statuses = Array.isArray(status) ? itemsOf(status) : [status];
  return statuses.some((one) => one === -1 || one === '-1') ? 'yes' : 'no';
}
