import type { HttpHeaders } from '../http/request.ts';
import type { Clock } from '../model/clock.ts';
import type { Budget } from '../model/entities/budget.ts';

/** Both limits allow so many points in this time, milliseconds (apis/graphql/graphql-resource-limits). */
const WINDOW_MS = 300_000;
const SCOPES = { user: 'RateLimit-User', organization: 'RateLimit' } as const;

/** What Buildkite's answers say of its budget, and what our requests took of it. */
export interface BudgetMeter {
  countRequest(): void;
  /** Adds the headers of one answer, whatever its status. */
  take(headers: HttpHeaders): void;
  read(): Budget;
}

interface Known {
  readonly limit: number;
  readonly remaining: number;
  readonly resetsAt: number;
}

/** Creates the meter of one client. The headers that it reads are on every answer. */
export function createBudgetMeter(clock: Clock): BudgetMeter {
  const known: { user: Known | null; organization: Known | null } = { user: null, organization: null };
  const lowest: { user: number | null; organization: number | null } = { user: null, organization: null };
  let spent: { readonly at: number; readonly points: number }[] = [];
  let [points, requests] = [0, 0];

  function takeScope(scope: keyof typeof SCOPES, headers: HttpHeaders): void {
    const [limit, remaining, reset] = ['Limit', 'Remaining', 'Reset'].map((name) =>
      readNumber(headers, `${SCOPES[scope]}-${name}`),
    );
    if (limit == null || remaining == null || reset == null) return;
    known[scope] = { limit, remaining, resetsAt: clock.now() + reset * 1000 };
    lowest[scope] = Math.min(lowest[scope] ?? Infinity, remaining);
  }

  /** A limit that has been reset since the last answer is full. */
  function tell(one: Known | null): Budget['user'] {
    if (one === null) return null;
    const resetsIn = Math.max(0, one.resetsAt - clock.now());
    return { limit: one.limit, remaining: resetsIn === 0 ? one.limit : one.remaining, resetsIn };
  }

  return {
    countRequest() {
      requests += 1;
    },
    take(headers) {
      const actual = readNumber(headers, 'RateLimit-Complexity-Actual') ?? 0;
      points += actual;
      spent.push({ at: clock.now(), points: actual });
      takeScope('user', headers);
      takeScope('organization', headers);
    },
    read() {
      const since = clock.now() - WINDOW_MS;
      spent = spent.filter(({ at }) => at > since);
      const recent = spent.reduce((sum, one) => sum + one.points, 0);
      const { user, organization } = known;
      return {
        ...{ user: tell(user), organization: tell(organization) },
        ...{ recent, points, requests, lowest: { ...lowest } },
      };
    },
  };
}

function readNumber(headers: HttpHeaders, name: string): number | null {
  const text = headers.get(name);
  return text !== null && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null;
}
