import type { Finding, Rule } from '../finding.ts';
import { judgementOf, notKnown } from '../finding.ts';
import { isObject, itemsOf, member } from '../json.ts';
import type { Json } from '../json.ts';
import type { Step } from '../subject.ts';
import { matchesLostAgent, rulesOf } from '../retries.ts';

const BACKSTOP = { exit_status: -1, limit: 2 };

/** A retry rule that does not match a lost agent is no backstop. */
export const retryMissesLostAgent: Rule = {
  id: 'retry-misses-lost-agent',
  rule: 'A step with automatic retries is also retried if its agent was lost: exit status -1, which `"*"` does not match.',
  severities: ['warning', 'note'],
  sources: [
    'https://buildkite.com/docs/pipelines/configure/retry (exit_status: "*" matches 1 to 255, -1 is a lost agent)',
  ],
  judge({ pipeline }) {
    if (pipeline === null) return notKnown('the retry rules of the steps: give --pipeline');
    return judgementOf(...pipeline.steps.flatMap((step) => findingsOf(step)));
  },
};

function findingsOf(step: Step): readonly Finding[] {
  const automatic = member(member(step.value, 'retry'), 'automatic');
  const rules = rulesOf(automatic);
  if (rules.some((rule) => matchesLostAgent(rule) === 'yes')) return [];
  const unsure = rules.some((rule) => matchesLostAgent(rule) === 'unknown');
  const some = rules.length > 0;
  const path = some ? [...step.path, 'retry', 'automatic'] : step.path;
  return [
    {
      severity: some ? 'warning' : 'note',
      document: 'pipeline',
      path,
      seen: some
        ? `step ${step.name} retries ${JSON.stringify(automatic)}`
        : `step ${step.name} has no automatic retry`,
      why: some
        ? 'A lost agent has exit status -1, and "*" (the meaning of `automatic: true`) matches 1 to 255 only: the step is retried for its own failures, and not for the loss of its agent.'
        : 'A job that is killed at stopTimeout fails its build; a retry is the backstop where no drain can save it.',
      todo: 'Add a rule for exit status -1.',
      edits: [
        {
          document: 'pipeline',
          path: [...step.path, 'retry'],
          before: member(step.value, 'retry'),
          after: withBackstop(member(step.value, 'retry')),
        },
      ],
      unknown: unsure ? 'whether Buildkite matches a rule without exit_status against -1' : null,
      data: {
        about: 'lost-agent-retry',
        keys: [...step.keys],
        hasRules: some,
        matches: unsure ? 'unknown' : 'no',
      },
    },
  ];
}

/** The step's rules with `automatic: true` replaced by the rule that it stands for. */
function withBackstop(retry: Json | undefined): Json {
  const automatic = member(retry, 'automatic');
  const old: readonly Json[] = Array.isArray(automatic)
    ? itemsOf(automatic)
    : automatic === true
      ? [{ exit_status: '*', limit: 2 }]
      : isObject(automatic)
        ? [automatic]
        : [];
  return { ...(isObject(retry) ? retry : {}), automatic: [BACKSTOP, ...old] };
}
