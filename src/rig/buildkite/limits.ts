const WINDOW_MS = 300_000;
const REST_WINDOW_MS = 60_000;

/** How many points (GraphQL) or requests (REST) a window allows. */
export interface Limits {
  readonly organization: number;
  readonly user: number;
  readonly restOrganization: number;
  readonly restUser: number;
}

// https://buildkite.com/docs/apis/graphql/graphql-resource-limits and /docs/apis/rest-api/limits
export const REAL_LIMITS: Limits = { organization: 20_000, user: 5_000, restOrganization: 200, restUser: 50 };

/** The limits of an organization whose user has so many points. */
export function limitsOf(userPoints: number): Limits {
  return { ...REAL_LIMITS, user: userPoints, organization: 4 * userPoints };
}

/** One budget that fills up again at the end of its window. */
export interface Budget {
  readonly limit: number;
  spend(points: number): void;
  left(): number;
  resetsInSeconds(): number;
}

function openBudget(limit: number, windowMs: number): Budget {
  let spent = 0;
  let endsAt = Date.now() + windowMs;
  const roll = (): void => {
    if (Date.now() < endsAt) return;
    spent = 0;
    endsAt = Date.now() + windowMs;
  };
  return {
    limit,
    spend: (points) => {
      roll();
      spent += points;
    },
    left: () => {
      roll();
      return Math.max(0, limit - spent);
    },
    resetsInSeconds: () => Math.max(1, Math.ceil((endsAt - Date.now()) / 1000)),
  };
}

/** The four budgets of one rig: it has one organization and one API user. */
export interface Budgets {
  readonly organization: Budget;
  readonly user: Budget;
  readonly restOrganization: Budget;
  readonly restUser: Budget;
}

/** Fresh budgets. */
export function openBudgets(limits: Limits): Budgets {
  return {
    organization: openBudget(limits.organization, WINDOW_MS),
    user: openBudget(limits.user, WINDOW_MS),
    restOrganization: openBudget(limits.restOrganization, REST_WINDOW_MS),
    restUser: openBudget(limits.restUser, REST_WINDOW_MS),
  };
}
