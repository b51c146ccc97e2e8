import { z } from 'zod';

const Text = z.string().nullish();
const Drill = z.looseObject({ drill: Text, outcome: Text, reason: Text, said: Text });
const Arm = z.looseObject({ drills: z.array(Drill) });

/** What a document of `--json` may have that is told in a short text. */
export const AnyDocument = z.looseObject({
  version: z.number(),
  outcome: z.string(),
  exitCode: z.number(),
  reason: Text,
  errors: z.array(z.looseObject({ message: z.string(), at: Text, next: Text })).optional(),
  drills: z.array(Drill).optional(),
  rehearsal: z.looseObject({ given: Arm, fixed: Arm.nullish(), advice: Text }).nullish(),
  findings: z.array(z.looseObject({ rule: Text, severity: Text, seen: Text, todo: Text })).optional(),
  scenarios: z
    .array(
      z.looseObject({
        file: Text,
        findings: z.array(z.looseObject({ check: Text, status: Text, said: Text, next: Text })).optional(),
      }),
    )
    .optional(),
  forecast: z.looseObject({ loss: z.number(), notes: z.array(z.string()) }).nullish(),
  losses: z
    .looseObject({
      total: z.looseObject({ runs: z.number(), lost: z.number(), undecided: z.number() }),
      notes: z.array(z.string()),
    })
    .nullish(),
});
export type AnyDocument = z.infer<typeof AnyDocument>;

/** Outcomes by which a command did not do what it was asked; all others, `failed` too, are answers. */
const NO_ANSWER = new Set(['bad-input', 'refused', 'could-not-run', 'internal', 'interrupted']);

export function isNoAnswer({ outcome }: AnyDocument): boolean {
  return NO_ANSWER.has(outcome);
}

/** So many lines are a short text. */
const MOST_LINES = 30;

/** A short text of a document, which itself goes beside it; `said` is what a command without an answer said before. */
export function textOf(document: AnyDocument, said: readonly string[]): string {
  const { outcome, reason, exitCode } = document;
  const lines = [
    `${outcome}${reason == null || reason === outcome ? '' : ` (${reason})`}, exit code ${exitCode}`,
    ...(isNoAnswer(document) ? said : []),
    ...detailsOf(document),
  ];
  const rest = lines.length - MOST_LINES;
  return [...lines.slice(0, MOST_LINES), ...(rest > 0 ? [`and ${rest} more, in the document`] : [])].join(
    '\n',
  );
}

function detailsOf(document: AnyDocument): readonly string[] {
  const { errors, drills, rehearsal, findings, scenarios } = document;
  const played =
    rehearsal == null
      ? (drills ?? []).map((drill) => drillLine(drill))
      : [
          ...rehearsal.given.drills.map((drill) => drillLine(drill, 'as given, ')),
          ...(rehearsal.fixed?.drills ?? []).map((drill) =>
            drillLine(drill, 'with the changes of preflight, '),
          ),
          ...listed(rehearsal.advice),
        ];
  return [
    ...(errors ?? []).map(({ at, message, next }) => listed(at, message, next).join(': ')),
    ...played,
    ...countLines(document),
    ...(findings ?? []).map(({ severity, rule, seen, todo }) =>
      listed(severity, rule, seen, todo).join(': '),
    ),
    ...(scenarios ?? []).flatMap((scenario) =>
      (scenario.findings ?? [])
        .filter(({ status }) => status !== 'ok')
        .map(({ status, check, said, next }) => listed(scenario.file, status, check, said, next).join(': ')),
    ),
  ];
}

function countLines({ forecast, losses }: AnyDocument): readonly string[] {
  const { total } = losses ?? {};
  return [
    ...(forecast == null
      ? []
      : [`of the jobs in flight at a stop, this share is lost: ${forecast.loss.toPrecision(3)}`]),
    ...(total === undefined
      ? []
      : [`job runs: ${total.runs}; lost: ${total.lost}; lost or not, nobody knows: ${total.undecided}`]),
    ...(forecast?.notes ?? losses?.notes ?? []),
  ];
}

function drillLine({ drill, outcome, reason, said }: z.infer<typeof Drill>, before = ''): string {
  const verdict = `${outcome ?? 'not ended'}${reason == null ? '' : ` (${reason})`}`;
  return `${before}${listed(drill, verdict, said).join(': ')}`;
}

function listed(...parts: readonly (string | null | undefined)[]): readonly string[] {
  return parts.filter((part) => part != null);
}
