import { eventsOf, type DrillEvent, type EventCode } from '../journal/events.ts';
import { parseTraceparent, spanIdOf, traceIdOf } from '../model/trace.ts';
import type { DrillResult } from '../verdict/result.ts';
import type { Reporter } from './reporter.ts';

/** One span of a drill; times in epoch ms, each by its own clock. */
export interface DrillSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Attributes }[];
  /** Why it failed; null where it did not. */
  readonly error: string | null;
}
type Attributes = Readonly<Record<string, string | number>>;

/** Sends each drill's spans when the command has its answer; gameday itself is traced in no other way. */
export function createTracesReporter(send: (spans: readonly DrillSpan[]) => void): Reporter {
  const spans: DrillSpan[] = [];
  return {
    onResult: (result, journal) => void spans.push(...spansOf(result, journal)),
    onAnswer: () => {
      if (spans.length > 0) send(spans);
    },
  };
}

/** A drill as spans: the whole, and below it what it did one after another. Pure: a stored journal gives the same spans. */
export function spansOf(result: DrillResult, journal: readonly DrillEvent[]): readonly DrillSpan[] {
  const [planned] = eventsOf(journal, 'GD_DRILL_PLANNED');
  if (planned === undefined) return [];
  const { drill } = result;
  const parent = parseTraceparent(planned.payload.plan.traceparent);
  const traceId = traceIdOf(drill, parent);
  const end = result.endedAt ?? journal.at(-1)?.at ?? result.startedAt;
  const isWrong = result.exitCode !== 0 && result.outcome !== 'refused';
  const root: DrillSpan = {
    ...{ traceId, spanId: spanIdOf(drill, 0), parentSpanId: parent?.spanId ?? null, name: 'drill' },
    ...{ start: result.startedAt, end: Math.max(result.startedAt, end) },
    attributes: attributesOf(result, journal),
    events: eventsOfTimeline(result),
    error: isWrong ? `${result.outcome}: ${result.reason}: ${result.said}` : null,
  };
  const below = phasesOf(result, journal).map((phase, index) => ({
    ...{ traceId, spanId: spanIdOf(drill, index + 1), parentSpanId: root.spanId, ...phase },
    end: Math.max(phase.start, phase.end),
    ...{ attributes: { 'gameday.drill.id': drill }, events: [], error: null },
  }));
  return [root, ...below];
}

type Phase = Pick<DrillSpan, 'name' | 'start' | 'end'>;

/** What the drill did, as far as the journal has both its begin and its end. */
function phasesOf({ timeline }: DrillResult, journal: readonly DrillEvent[]): readonly Phase[] {
  const first = (...codes: EventCode[]): number | null =>
    journal.find(({ code }) => codes.includes(code))?.at ?? null;
  const moment = (what: string): number | null => timeline.find((one) => one.what === what)?.at ?? null;
  const lost = moment('job-lost') ?? moment('agent-lost');
  const landed = moment('signal') ?? first('GD_FAULT_LANDED');
  const phases: readonly (readonly [string, number | null, number | null])[] = [
    ['arm', first('GD_BUILD_KNOWN', 'GD_ARMED'), first('GD_TARGET_CHOSEN', 'GD_HALTED')],
    ['aim', first('GD_TARGET_CHOSEN'), first('GD_FAULT_INTENDED', 'GD_HALTED')],
    ['inject', first('GD_FAULT_INTENDED'), first('GD_FAULT_LANDED') ?? first('GD_FAULT_SENT')],
    ['drain', landed, lost === null ? (moment('agent-disconnected') ?? moment('exit')) : moment('exit')],
    ['detect-lost', lost === null ? null : (moment('exit') ?? landed), lost],
    ['settle', first('GD_WATCH_ENDED', 'GD_HALTED'), first('GD_SETTLED')],
    ['judge', first('GD_SETTLED'), first('GD_JUDGED')],
  ];
  return phases.flatMap(([name, start, end]) =>
    start === null || end === null ? [] : [{ name, start, end }],
  );
}

/** The names of the moments that tell what happened to the worker. */
const EVENT_NAMES: Readonly<Record<string, string>> = {
  signal: 'SIGTERM',
  exit: 'exit',
  'task-stopped': 'task stopped',
  'agent-disconnected': 'disconnect',
  'agent-lost': 'lost',
  'job-lost': 'lost',
};

function eventsOfTimeline({ timeline }: DrillResult): DrillSpan['events'] {
  return timeline.flatMap(({ what, at, clock, said, exitCode }) => {
    const name = EVENT_NAMES[what ?? ''];
    if (name === undefined) return [];
    const code = exitCode === undefined ? {} : { 'process.exit.code': exitCode };
    return [{ name, at, attributes: { 'gameday.said': said, 'gameday.clock': clock, ...code } }];
  });
}

/** Names of OpenTelemetry's semantic conventions where they have one (https://opentelemetry.io/docs/specs/semconv/), else `gameday.*`. */
function attributesOf(result: DrillResult, journal: readonly DrillEvent[]): Attributes {
  const [planned] = eventsOf(journal, 'GD_DRILL_PLANNED');
  const scenario = planned?.payload.plan.scenario;
  const attempt = result.attempts.find(({ judged }) => judged);
  const task = lastTask(result, journal);
  const [, family = null, revision = null] =
    /task-definition\/(.+):(\d+)$/.exec(task?.definition ?? '') ?? [];
  const all: Readonly<Record<string, string | number | null | undefined>> = {
    'gameday.drill.id': result.drill,
    'gameday.scenario': result.file,
    'gameday.fault': result.fault,
    'gameday.outcome': result.outcome,
    'gameday.reason': result.reason,
    'gameday.world': result.label ?? 'real',
    'test.suite.name': result.file,
    'test.case.name': result.title,
    'test.case.result.status': statusOf(result),
    'error.type': result.exitCode === 0 ? null : result.reason,
    'process.exit.code': result.exitCode,
    'cicd.pipeline.name': scenario?.build.pipeline,
    'cicd.pipeline.run.id': result.build?.number.toString(),
    'cicd.pipeline.run.url.full': result.build?.url,
    'cicd.pipeline.result': resultOfBuild(result),
    'cicd.pipeline.task.name': attempt?.step,
    'cicd.pipeline.task.run.id': attempt?.jobId,
    'cicd.pipeline.task.run.result': attempt === undefined ? null : resultOfJob(attempt),
    'cicd.worker.id': result.target?.agentId,
    'cicd.worker.name': result.agent?.name,
    'cicd.worker.state': attempt?.lost === true ? 'offline' : null,
    'cloud.provider': 'aws',
    'cloud.region': result.region,
    'cloud.account.id': result.account,
    'aws.ecs.cluster.arn': clusterArn(result),
    'aws.ecs.task.arn': result.target?.taskArn,
    'aws.ecs.task.family': family,
    'aws.ecs.task.revision': revision,
    'aws.ecs.launchtype': task?.launchType?.toLowerCase(),
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string | number] => (entry[1] ?? '') !== ''),
  );
}

function lastTask({ target }: DrillResult, journal: readonly DrillEvent[]) {
  if (target === null) return null;
  const shown = eventsOf(journal, 'GD_OBSERVED').flatMap(({ payload }) => payload.facts);
  const found = shown.findLast(({ kind, id }) => kind === 'task' && id === target.taskArn);
  return found?.kind === 'task' ? found.value : null;
}

/** Only what was proven is a result of a test. */
function statusOf({ outcome }: DrillResult): 'pass' | 'fail' | null {
  return outcome === 'passed' ? 'pass' : outcome === 'failed' ? 'fail' : null;
}

/** `error`: the worker was killed under its job; `failure`: the job or the build ended red by itself. */
function resultOfBuild({ build, attempts }: DrillResult): string | null {
  if (build === null) return null;
  if (attempts.some(({ judged, lost }) => judged && lost)) return 'error';
  if (build.state.startsWith('CANCEL')) return 'cancellation';
  return build.state === 'PASSED' ? 'success' : build.state === 'FAILED' ? 'failure' : null;
}

function resultOfJob({ lost, passed, exitStatus }: DrillResult['attempts'][number]): string | null {
  if (lost) return 'error';
  return passed ? 'success' : exitStatus === null ? null : 'failure';
}

function clusterArn({ target, cluster }: DrillResult): string | null {
  if (cluster.startsWith('arn:')) return cluster;
  const [, before, name] = /^(arn:[^:]+:ecs:[^:]*:\d{12}:)task\/([^/]+)\//.exec(target?.taskArn ?? '') ?? [];
  return before === undefined || name === undefined ? null : `${before}cluster/${name}`;
}
