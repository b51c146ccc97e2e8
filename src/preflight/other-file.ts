/** A file that was given by mistake: what it is, and where it belongs. */
export interface OtherFile {
  readonly why: string;
  readonly next: string;
}

/** What a text that is neither JSON nor a scenario is instead, by the keys that begin its lines; null where they do not say. */
export function recognizeOtherFile(text: string): OtherFile | null {
  const has = (...keys: readonly string[]): boolean =>
    keys.every((key) => new RegExp(`^${key}:`, 'm').test(text));
  if (has('pipelines', 'cluster'))
    return {
      why: 'this is a rig file of gameday, not a task definition as JSON',
      next: 'Give the task definition that it names under `taskDefinition`.',
    };
  if (has('steps'))
    return {
      why: "these are a pipeline's steps, not a task definition as JSON",
      next: 'Give them with --pipeline FILE, beside the task definition.',
    };
  if (/^FROM\s+\S/im.test(text))
    return {
      why: 'this is a Dockerfile, not a task definition as JSON',
      next: 'Give it with --dockerfile FILE, beside the task definition.',
    };
  return null;
}
