/** A file that was given by mistake: what it is, and where it belongs. */
export interface OtherFile {
  readonly why: string;
  readonly next: string;
}

const REGISTERED =
  'Read the registered task definition back: aws ecs describe-task-definition --task-definition FAMILY > task-definition.json.';

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
  if (has('containerDefinitions'))
    return {
      why: 'this is a task definition as YAML, and it is read as JSON here',
      next: 'Convert it (yq -o json FILE), or read the registered one back with aws ecs describe-task-definition.',
    };
  if (has('AWSTemplateFormatVersion') || has('Resources'))
    return {
      why: 'this is a CloudFormation template, whose values may depend on its parameters',
      next: REGISTERED,
    };
  if (/^resource\s+"aws_ecs_/m.test(text))
    return { why: "this is Terraform's source, whose values may depend on its variables", next: REGISTERED };
  if (/^FROM\s+\S/im.test(text))
    return {
      why: 'this is a Dockerfile, not a task definition as JSON',
      next: 'Give it with --dockerfile FILE, beside the task definition.',
    };
  return null;
}
