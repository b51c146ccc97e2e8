import { GraphQLError } from 'graphql';

/** The paging arguments of a connection. */
export interface PageArgs {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

// Buildkite's own page size where a query names none, and the largest that it gives (BK-4).
const DEFAULT_PAGE = 500;
const LARGEST_PAGE = 500;

/** A page of a list as a Relay connection; the cursor is the item's own id. */
export function connection<Item extends { readonly uuid: string }>(
  all: readonly Item[],
  args: PageArgs,
  view: (item: Item) => unknown,
  largest = LARGEST_PAGE,
): Readonly<Record<string, unknown>> {
  const asked = Math.max(args.first ?? 0, args.last ?? 0);
  if (asked > largest) throw new GraphQLError(`A page of ${asked} is larger than the maximum of ${largest}`);
  const cursors = all.map(({ uuid }) => Buffer.from(uuid).toString('base64'));
  const from = args.after ? cursors.indexOf(args.after) + 1 : 0;
  const before = args.before ? cursors.indexOf(args.before) : -1;
  const to = before === -1 ? all.length : before;
  const start = args.last ? Math.max(from, to - args.last) : from;
  const end = args.last ? to : Math.min(to, from + (args.first ?? DEFAULT_PAGE));
  const page = all.slice(start, end);
  return {
    count: all.length,
    edges: page.map((item, index) => ({ cursor: cursors[start + index], node: view(item) })),
    pageInfo: {
      startCursor: cursors[start] ?? null,
      endCursor: page.length === 0 ? null : (cursors[end - 1] ?? null),
      hasNextPage: end < all.length,
      hasPreviousPage: start > 0,
    },
  };
}
