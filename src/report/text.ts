/** `2026-01-02T03:04:05.678Z`. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString();
}

/** `03:04:05.678` in UTC, as Buildkite and AWS write their times. */
export function timeOfDay(at: number): string {
  return formatInstant(at).slice(11, 23);
}

/** The last part of an ARN: the name that people use. */
export function shortenArn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
