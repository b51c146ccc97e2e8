import type { Context } from 'hono';

/** Buildkite's own answer about what is not there. */
export function missing(c: Context, message: string): Response {
  return c.json({ message }, 404);
}

/** The rig's answer where Buildkite has something and the rig has not: nobody is to take it for Buildkite's 404. */
export function notModelled(c: Context, what = ''): Response {
  const { pathname } = new URL(c.req.url);
  const again = pathname.startsWith('/v2/v2/') ? '; the base of the API is to be given without /v2' : '';
  const asked = `${what === '' ? '' : `${what} `}${c.req.method} ${pathname}`;
  return c.json({ message: `The rig of gameday does not model ${asked}${again}` }, 501);
}
