import { newUuid } from './ids.ts';
import { serverNow } from './model.ts';
import type { Annotation, Build, World } from './model.ts';

/** Writes an annotation; the same context again replaces its text or, with append, adds to it. */
export function annotate(
  world: World,
  build: Build,
  wish: {
    readonly body: string;
    readonly context: string;
    readonly style: string;
    readonly append: boolean;
    readonly priority: number;
    readonly scope: 'BUILD' | 'JOB';
  },
): Annotation {
  const now = serverNow(world);
  const older = build.annotations.find(
    ({ context, scope }) => context === wish.context && scope === wish.scope,
  );
  if (older !== undefined) {
    older.body = wish.append ? older.body + wish.body : wish.body;
    older.style = wish.style;
    older.priority = wish.priority;
    older.updatedAt = now;
    return older;
  }
  const { body, context, style, priority, scope } = wish;
  const annotation = {
    uuid: newUuid(),
    createdAt: now,
    updatedAt: now,
    body,
    context,
    style,
    priority,
    scope,
  };
  build.annotations.push(annotation);
  return annotation;
}
