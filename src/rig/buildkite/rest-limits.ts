import type { Context } from 'hono';
import type { Budget, Budgets } from './limits.ts';

// When Buildkite begins to warn is not documented: from a fifth of the limit on is the rig's own reading.
const WARN_BELOW = 0.2;

/**
 * Spends one request of both budgets and names what is left in the headers; beyond a limit the answer is 429
 * (https://buildkite.com/docs/apis/rest-api/limits).
 */
export function spendRequest(c: Context, { restOrganization, restUser }: Budgets): Response | undefined {
  const exceeded = [restUser, restOrganization].find((budget) => budget.left() === 0);
  if (exceeded === undefined) {
    restOrganization.spend(1);
    restUser.spend(1);
  }
  tell(c, 'RateLimit', 'rest', restOrganization);
  tell(c, 'RateLimit-User', 'rest_user', restUser);
  if (exceeded === undefined) return undefined;
  const reset = exceeded.resetsInSeconds();
  const message = `You have exceeded your API rate limit. Please wait ${reset} seconds before making more requests.`;
  const scope = exceeded === restUser ? 'rest_user' : 'rest';
  return c.json({ message, scope, limit: exceeded.limit, current: exceeded.limit + 1, reset }, 429);
}

function tell(c: Context, prefix: string, scope: string, budget: Budget): void {
  c.header(`${prefix}-Scope`, scope);
  c.header(`${prefix}-Remaining`, String(budget.left()));
  c.header(`${prefix}-Limit`, String(budget.limit));
  c.header(`${prefix}-Reset`, String(budget.resetsInSeconds()));
  if (budget.left() < budget.limit * WARN_BELOW)
    c.header(`${prefix}-Warning`, `${budget.left()} of ${budget.limit} requests are left`);
}
