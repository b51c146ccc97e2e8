import { randomBytes } from 'node:crypto';

import { Hono } from 'hono';
import * as z from 'zod';

import { messageOf } from './failure.ts';
import { serveOnLoopback, type Listening } from './listen.ts';
import type { Action } from './world.ts';

/** What the control endpoint can tell and do. */
export interface Controls {
  do(action: Action): Promise<unknown>;
  counts(): unknown;
  access(): unknown;
  log(): unknown;
  processes(): unknown;
  output(): string;
}

const actionShape = z.looseObject({ do: z.string() });

/** A side door for tests and for people who rehearse by hand; the secret in its path is its only key. */
export async function startControl(controls: Controls): Promise<Listening> {
  const secret = randomBytes(16).toString('hex');
  const app = new Hono().basePath(`/${secret}`);
  app.get('/counts', (context) => context.json(controls.counts() as Record<string, unknown>));
  app.get('/access', (context) => context.json(controls.access() as Record<string, unknown>[]));
  app.get('/log', (context) => context.json(controls.log() as Record<string, unknown>[]));
  app.get('/processes', (context) => context.json(controls.processes() as Record<string, unknown>[]));
  app.get('/output', (context) => context.text(controls.output()));
  app.post('/do', async (context) => {
    try {
      const action = actionShape.parse(await context.req.json());
      return context.json({ ok: true, result: (await controls.do(action)) ?? null });
    } catch (error) {
      return context.json({ ok: false, error: messageOf(error) }, 400);
    }
  });
  const listening = await serveOnLoopback(app.fetch);
  return { ...listening, url: `${listening.url}/${secret}` };
}
