import { newUuid } from './ids.ts';
import { serverNow } from './model.ts';
import type { Annotation, Build, World } from './model.ts';

/** Buildkite's limit of a body, in bytes. */
const BODY_BELOW = 1024 * 1024;
const LONGEST_CONTEXT = 100;
const STYLES = ['DEFAULT', 'SUCCESS', 'INFO', 'WARNING', 'ERROR'];

/** Why Buildkite does not take an annotation (BK-72). */
export function explainRefusedAnnotation({
  body,
  context,
  style,
}: Pick<Annotation, 'body' | 'context' | 'style'>): string | null {
  if (Buffer.byteLength(body) >= BODY_BELOW) return 'The annotation body must be less than 1 MB';
  if (context.length > LONGEST_CONTEXT) return `The context is longer than ${LONGEST_CONTEXT} characters`;
  return STYLES.includes(style) ? null : `"${style.toLowerCase()}" is not a style of an annotation`;
}

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
