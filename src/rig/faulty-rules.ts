import type { FaultyRule, Harm } from './file-schema.ts';
import { fits } from './wildcard.ts';

/** What the proxy can tell of a request before it is passed on. */
export interface AskedOperation {
  /** GraphQL operation name, ECS operation, or `GET /v2/...`. */
  readonly name: string;
}

interface Live {
  readonly rule: FaultyRule;
  seen: number;
  harmed: number;
  firstAt: number | undefined;
}

/** The rules in front of one server, with how often each has been met. */
export class FaultyRules {
  readonly #live: readonly Live[];
  readonly #stopAccepted: () => boolean;

  constructor(rules: readonly FaultyRule[], stopAccepted: () => boolean) {
    this.#live = rules.map((rule) => ({ rule, seen: 0, harmed: 0, firstAt: undefined }));
    this.#stopAccepted = stopAccepted;
  }

  /** The harm that the first rule in force wants for this request. */
  harmFor(asked: AskedOperation): Harm | undefined {
    for (const live of this.#live) {
      if (this.#applies(live, asked)) return live.rule.do;
    }
    return undefined;
  }

  #applies(live: Live, asked: AskedOperation): boolean {
    const { rule } = live;
    if (!matches(rule.operation, asked.name)) return false;
    if (rule.afterStop && !this.#stopAccepted()) return false;
    if (rule.beforeStop && this.#stopAccepted()) return false;
    live.seen += 1;
    if (live.seen < rule.from) return false;
    live.firstAt ??= Date.now();
    if (rule.for !== undefined && Date.now() - live.firstAt > rule.for) return false;
    // A rule with a length of time and no number is in force for all of that time.
    const count = rule.count ?? (rule.for === undefined ? 1 : 'forever');
    if (count !== 'forever' && live.harmed >= count) return false;
    live.harmed += 1;
    return true;
  }
}

/** `*` stands for anything, also within a name; a query string need not be written. */
function matches(pattern: string, name: string): boolean {
  return fits(pattern, name) || fits(pattern, name.split('?')[0] ?? '');
}
