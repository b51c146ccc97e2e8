/** `2026-01-02T03:04:05.678Z`. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString();
}

/** `03:04:05.678` in UTC, as Buildkite and AWS write their times. */
export function timeOfDay(at: number): string {
  return formatInstant(at).slice(11, 23);
}

/** `850ms`, `12.3s`, `4m 05s`, `2h 03m`. */
export function formatSpan(ms: number): string {
  if (ms < 0) return `-${formatSpan(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${padTwo(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${padTwo(Math.floor(seconds / 60) % 60)}m`;
}

function padTwo(number: number): string {
  return String(number).padStart(2, '0');
}

/** The last part of an ARN: the name that people use. */
export function shortenArn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
