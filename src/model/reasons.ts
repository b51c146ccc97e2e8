/** The keys of a table as its closed list of names. */
export function namesOf<T extends object>(table: T): readonly (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}

/** How a drill or a game day ended; the exit code follows from it alone. */
export const EXIT_CODES = {
  passed: 0,
  planned: 0,
  baseline: 0,
  'not-lost': 0,
  outlasted: 0,
  aborted: 0,
  failed: 10,
  inconclusive: 11,
  'bad-input': 2,
  refused: 3,
  'could-not-run': 4,
  internal: 1,
  interrupted: 130,
} as const;
export type OutcomeName = keyof typeof EXIT_CODES;

/** How a command can end: as a drill or a game day ends, or, where no drill is run, with the answer that was asked for. */
export const ANSWER_CODES = { ...EXIT_CODES, clean: 0, written: 0, listed: 0 } as const;
export type AnswerName = keyof typeof ANSWER_CODES;

/** Where a reason is decided: before the stages, or in one of verdict's five stages. */
export const STAGES = ['before', 'A', 'B', 'C', 'D', 'E'] as const;
export type Stage = (typeof STAGES)[number];

export interface ReasonRow {
  readonly outcome: OutcomeName;
  readonly stage: Stage;
  /** One sentence for a stranger. */
  readonly meaning: string;
  /** What the reader should do next. */
  readonly next: string;
}

function makeReasonRow(outcome: OutcomeName, stage: Stage, meaning: string, next: string): ReasonRow {
  return { outcome, stage, meaning, next };
}

/** Every reason there is. The list is closed and its names are API; within a stage the order of this table decides. */
export const REASONS = {
  'step-never-ran': makeReasonRow(
    'inconclusive',
    'A',
    'The step was not in flight within its time.',
    'Check the step key and that an agent can take the job, or raise when.startWithin.',
  ),
  'finished-before-stop': makeReasonRow(
    'inconclusive',
    'A',
    "The job's end cannot be proven to lie after the stop.",
    'Inject earlier (when.inFlightFor) or use a longer step, then run it again.',
  ),
  'missed-target': makeReasonRow(
    'inconclusive',
    'A',
    'The stop reached another task or job than the target.',
    'Read what happened to that job, then run the drill again.',
  ),
  'stopped-by-other': makeReasonRow(
    'inconclusive',
    'A',
    'Somebody else stopped the task, or a user stopped the agent.',
    'Find out who stopped it, then run the drill again.',
  ),
  'stop-not-confirmed': makeReasonRow(
    'inconclusive',
    'A',
    'There is no evidence that our stop landed.',
    'Check ECS for the task, then run the drill again.',
  ),
  'unsound-baseline': makeReasonRow(
    'inconclusive',
    'A',
    "The build was failing, canceling or hurt before the injection, or the agent's container had ended before it.",
    'Fix the build or the worker first, then run the drill again.',
  ),
  'out-of-memory': makeReasonRow(
    'inconclusive',
    'B',
    "The agent's container was killed for lack of memory before its stop time-out.",
    'Raise the memory of the task, then run the drill again.',
  ),
  'host-gone': makeReasonRow(
    'inconclusive',
    'B',
    'The host of the task went away during the drill.',
    'Run the drill again on a steady host.',
  ),
  'build-canceled': makeReasonRow(
    'inconclusive',
    'B',
    'The build was canceled or timed out while the drill watched.',
    'Find out who canceled it, then run the drill again.',
  ),
  'unrelated-loss': makeReasonRow(
    'inconclusive',
    'B',
    'A job on a task that was not stopped was lost and reddened the build.',
    'Look at that agent first, then run the drill again.',
  ),
  'no-pid1-semantics': makeReasonRow(
    'inconclusive',
    'B',
    'The rig had no real PID 1, and the container starts something other than the agent itself.',
    'Give the rig a real PID 1: docs/how-to/give-the-rig-a-real-pid-1.md names every way.',
  ),
  'idle-stand-in': makeReasonRow(
    'inconclusive',
    'B',
    "The target was one of the rig's idle workers, behind which no process stands.",
    'Let every task of the service run processes (leave `processes` out of the rig file), or choose a moment at which a job runs.',
  ),
  lost: makeReasonRow(
    'failed',
    'C',
    'The job was lost with its worker, and its build is not green.',
    'Fix how the container hears SIGTERM, or give the step time: see the cause.',
  ),
  'masked-loss': makeReasonRow(
    'failed',
    'C',
    'The job was lost; a retry or soft_fail made the build green.',
    'The loss happened: fix the drain. A retry is a backstop, not a drain.',
  ),
  'canceled-by-agent': makeReasonRow(
    'failed',
    'C',
    'The agent canceled its own job: it got a second stop signal, or its own timer ran out.',
    'Send the agent only one SIGTERM, and give it the time to finish.',
  ),
  'broken-by-stop': makeReasonRow(
    'failed',
    'C',
    'The stop broke the job itself: the job ended by a signal, or with the exit status of one.',
    'Let the stop signal reach the agent alone, not the job.',
  ),
  'not-drained': makeReasonRow(
    'failed',
    'C',
    'The worker did not drain, whatever the colour of the build.',
    'Make the agent PID 1 (exec form) and give it a stopTimeout that is long enough.',
  ),
  'sidecar-cut': makeReasonRow(
    'failed',
    'C',
    'A watched container did not exit cleanly, exited before the agent, or left calls half-finished.',
    'Let the agent depend on its sidecar (dependsOn), and let the sidecar finish its calls on SIGTERM.',
  ),
  'build-failed': makeReasonRow(
    'failed',
    'C',
    'The build or the target attempt failed for another reason; the cause is undecided.',
    'Run the scenario with `fault: none` to see whether the build fails by itself.',
  ),
  'not-spared': makeReasonRow(
    'failed',
    'C',
    'The worker was to be spared, and was taken while its job ran.',
    'Protect the task before the job starts, for longer than the longest job, and lift the protection when the job is over.',
  ),
  'drain-too-slow': makeReasonRow(
    'failed',
    'C',
    'The worker drained, but slower than allowed.',
    'Shorten the step, or raise expect.drain.within.',
  ),
  'idle-too-slow': makeReasonRow(
    'failed',
    'C',
    'The idle worker left, but slower than allowed.',
    'Lower --disconnect-after-idle-timeout, or raise expect.idle.within.',
  ),
  'observation-gap': makeReasonRow(
    'inconclusive',
    'D',
    'The services or the runner were unavailable, and the evidence is gone.',
    'Run the drill again when the services answer.',
  ),
  'drain-not-proven': makeReasonRow(
    'inconclusive',
    'D',
    'There is no evidence that the agent left because of the stop.',
    'Give the drill what would show it: an agent of 3.138 or later, the exec form, cluster.imageConfig, or a witness.',
  ),
  'disconnect-not-received': makeReasonRow(
    'inconclusive',
    'D',
    'The container exited 0 in time, but Buildkite got no disconnect.',
    'Check that the agent keeps its network until it has exited, then run the drill again.',
  ),
  'evidence-missing': makeReasonRow(
    'inconclusive',
    'D',
    'A piece of evidence that a pass needs does not exist.',
    'See which check has no answer, and give the check what it needs.',
  ),
  'command-failed': makeReasonRow(
    'inconclusive',
    'D',
    'The command did not start, failed, ran over its time limit or was interrupted.',
    'See how it ended, and what it printed (command.log beside the journal). Fix it, then run the drill again.',
  ),
  'not-touched': makeReasonRow(
    'inconclusive',
    'D',
    'The command stopped the workers of fewer builds than expect.touched asks for.',
    'Check that the command replaces every worker of the service, and that each build is still in flight then.',
  ),
  'verdict-timeout': makeReasonRow(
    'inconclusive',
    'D',
    'Not everything was over when limits.verdictWithin ended.',
    'Raise limits.verdictWithin.',
  ),
  drained: makeReasonRow(
    'passed',
    'E',
    'The stop landed in flight and the worker drained because of it.',
    'Nothing to do.',
  ),
  spared: makeReasonRow(
    'passed',
    'E',
    'Our change was in force, the protected worker was left alone until its job had passed, and was then taken, or protected anew for its next job.',
    'Nothing to do.',
  ),
  retired: makeReasonRow('passed', 'E', 'An idle worker left within its time.', 'Nothing to do.'),
  'handed-over': makeReasonRow(
    'passed',
    'E',
    'The attempt was lost or stopped and an automatic retry passed on another task.',
    'Nothing to do; the loss is counted.',
  ),
  'not-lost': makeReasonRow(
    'not-lost',
    'E',
    'The build passed and no attempt was lost; ECS shows no stop, so this proves no drain.',
    'Give --task or --since to judge a drain.',
  ),
  outlasted: makeReasonRow(
    'outlasted',
    'E',
    'The job survived the stop, but its agent leaves after its job in any case: nothing shows that it heard the signal.',
    'Inject into an idle worker, or upgrade the agent to 3.138 or later, to show that it drains.',
  ),
  'not-allowed': makeReasonRow(
    'refused',
    'before',
    'The scenario does not name the target.',
    'Name it, or do not stop it.',
  ),
  'blast-radius': makeReasonRow(
    'refused',
    'before',
    'The injection would reach further than allowed.',
    'Wait until the service is settled, or allow it in safety.',
  ),
  'not-settled': makeReasonRow(
    'refused',
    'before',
    'The service did not settle within when.startWithin: a deployment or a scale-in took tasks away, or its tasks were not all there.',
    'Nothing was sent: run it again when the service is quiet, or raise when.startWithin; a pipeline may retry it.',
  ),
  'self-target': makeReasonRow(
    'refused',
    'before',
    'The injection would hit what gameday itself runs on.',
    'Run gameday elsewhere.',
  ),
  'shared-task': makeReasonRow(
    'refused',
    'before',
    'Several agents, or jobs that cannot be read, run on the target task.',
    'Run one agent per task, or set cluster.sharedTask: allowed.',
  ),
  'outside-window': makeReasonRow(
    'refused',
    'before',
    'The present time is outside the allowed hours.',
    'Wait for the window.',
  ),
  'too-soon': makeReasonRow(
    'refused',
    'before',
    'The last injection was too short a time ago.',
    'Wait for safety.minimumInterval.',
  ),
  'lock-held': makeReasonRow(
    'refused',
    'before',
    'Another drill runs on this service.',
    'Wait for the other drill, or settle it with `gameday drills abort`.',
  ),
  'left-over': makeReasonRow(
    'refused',
    'before',
    'Another drill changed the service and has not put it back: its tag gameday:undo says what.',
    'Wait for that drill; if it has died, run `gameday drills abort --cluster CLUSTER --service SERVICE`.',
  ),
  'drill-unknown': makeReasonRow(
    'refused',
    'before',
    'The state directory has no record of the drill, or of a call that its journal says was sent.',
    'Read the journal; if you trust it, give --yes.',
  ),
  'kill-switch': makeReasonRow(
    'refused',
    'before',
    'The kill switch is on.',
    'Turn the kill switch off when it is safe.',
  ),
  'confirm-declined': makeReasonRow(
    'refused',
    'before',
    'The person who was asked did not say yes.',
    'Nothing was stopped.',
  ),
  'confirm-needed': makeReasonRow(
    'refused',
    'before',
    'Nobody could be asked, and --yes was not given.',
    'Run it on a terminal, or give --yes.',
  ),
  'inert-fault': makeReasonRow(
    'refused',
    'before',
    'The fault would do nothing to this target.',
    'Choose a fault that reaches it.',
  ),
  preflight: makeReasonRow('refused', 'before', 'A preflight rule is broken.', 'Fix what it names.'),
  halted: makeReasonRow(
    'refused',
    'before',
    'A halt condition of the scenario holds.',
    'Look at the condition.',
  ),
  'buildkite-unauthorized': makeReasonRow(
    'could-not-run',
    'before',
    'Buildkite does not accept the token.',
    'Check BUILDKITE_API_TOKEN and that GraphQL access is enabled for it.',
  ),
  'buildkite-unreachable': makeReasonRow(
    'could-not-run',
    'before',
    'Buildkite could not be reached.',
    'Check the network and the endpoint.',
  ),
  'buildkite-rate-limited': makeReasonRow(
    'could-not-run',
    'before',
    "Buildkite's rate limit refused calls, or left too few points for the drill.",
    'Wait, use a token that nothing else uses, or raise limits.budget.',
  ),
  'buildkite-error': makeReasonRow(
    'could-not-run',
    'before',
    'Buildkite sent an answer that gameday cannot read.',
    'Check the endpoint.',
  ),
  'aws-unauthorized': makeReasonRow(
    'could-not-run',
    'before',
    'AWS did not accept the credentials, or none were found.',
    'Set AWS credentials that are valid now; `aws sts get-caller-identity` shows which are used.',
  ),
  'aws-denied': makeReasonRow(
    'could-not-run',
    'before',
    'AWS denies the call.',
    'Grant the action that is named; `gameday iam --check` lists all that a drill was denied.',
  ),
  'aws-unreachable': makeReasonRow(
    'could-not-run',
    'before',
    'ECS could not be reached.',
    'Check the network, the region and the endpoint.',
  ),
  'counter-unreadable': makeReasonRow(
    'could-not-run',
    'before',
    "A sidecar's counter (expect.containers, flushed) could not be read before the injection, so nothing was stopped.",
    'Read it by hand, for a task that runs: it must give JSON with begun, finished and cut.',
  ),
  'no-such-organization': makeReasonRow(
    'could-not-run',
    'before',
    'Buildkite shows no such organization to this token.',
    'Correct build.organization or BUILDKITE_ORGANIZATION_SLUG, or use a token of that organization.',
  ),
  'no-such-pipeline': makeReasonRow(
    'could-not-run',
    'before',
    'Buildkite shows no such pipeline to this token.',
    "Correct build.pipeline: the slug in the pipeline's address; or let the token see the pipeline.",
  ),
  'no-such-step': makeReasonRow(
    'could-not-run',
    'before',
    'The pipeline has no step of that key or label.',
    'Name a step of the pipeline in when.step, or give that step its key.',
  ),
  'no-such-cluster': makeReasonRow(
    'could-not-run',
    'before',
    'ECS knows no such cluster or task there.',
    'Check cluster.name, its region and the account of the credentials.',
  ),
  'no-such-service': makeReasonRow(
    'could-not-run',
    'before',
    'ECS knows no such service in the cluster, or it is not active.',
    'Check cluster.service: `aws ecs list-services --cluster CLUSTER` lists the services of a cluster.',
  ),
  'agent-not-mapped': makeReasonRow(
    'could-not-run',
    'before',
    'The agent cannot be mapped to exactly one task and container.',
    'Start the agent with --tags-from-ecs-meta-data, or set cluster.mapping: hostname; if it is not known which container is the agent, name cluster.container.',
  ),
  'build-not-created': makeReasonRow(
    'could-not-run',
    'before',
    'The build could not be started.',
    'Read what Buildkite answered; if the scenario names a build, check build.pipeline and build.number.',
  ),
  'fault-refused': makeReasonRow(
    'could-not-run',
    'before',
    'ECS refused a call of the fault, or would refuse it.',
    'Read what is said of it, and what ECS answered.',
  ),
  'journal-unwritable': makeReasonRow(
    'could-not-run',
    'before',
    'The journal cannot be written, so nothing was injected.',
    'Check --out and the disk.',
  ),
  'not-undone': makeReasonRow(
    'could-not-run',
    'before',
    'The drill proves nothing, and something that it changed could not be put back.',
    'Put back what is named, with the commands that are shown; only then run the drill again.',
  ),
  'rig-failed': makeReasonRow(
    'could-not-run',
    'before',
    'The rig did not start or ended early.',
    'Read what the rig printed.',
  ),
  planned: makeReasonRow(
    'planned',
    'before',
    'A dry run: nothing was sent that changes anything.',
    'Run the drill without --dry-run.',
  ),
  baseline: makeReasonRow(
    'baseline',
    'before',
    'Nothing was injected and the build passed: a baseline shows nothing about a stop.',
    'Run the scenario with a fault.',
  ),
  aborted: makeReasonRow(
    'aborted',
    'before',
    'The drill was aborted by hand, and nothing that it changed is left; it proves nothing.',
    'Nothing to do.',
  ),
  'bad-input': makeReasonRow(
    'bad-input',
    'before',
    'An option, a setting or a scenario is wrong.',
    'Fix what is named.',
  ),
  internal: makeReasonRow('internal', 'before', 'A defect of gameday itself.', 'Report it with the journal.'),
  interrupted: makeReasonRow(
    'interrupted',
    'before',
    'The run was interrupted; the journal is closed.',
    'Resume the drill.',
  ),
} as const satisfies Record<string, ReasonRow>;
export type Reason = keyof typeof REASONS;

/** Reasons of the stages A to D in the order in which they decide. */
export const REASONS_IN_ORDER: readonly Reason[] = namesOf(REASONS).filter((reason) =>
  ['A', 'B', 'C', 'D'].includes(REASONS[reason].stage),
);

/** The row of a reason. */
export function rowOf(reason: Reason): ReasonRow {
  return REASONS[reason];
}

/** The signals that interrupt a run, with the exit code that a shell gives each of them. */
export const STOP_SIGNALS = { SIGINT: EXIT_CODES.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;
export type StopSignal = keyof typeof STOP_SIGNALS;

/** Whether it is the name of a signal that interrupts a run. */
export function isStopSignal(name: unknown): name is StopSignal {
  return typeof name === 'string' && Object.hasOwn(STOP_SIGNALS, name);
}

/** Exit code of an outcome; an interruption takes its signal's. */
export function exitCodeOf(outcome: AnswerName, signal: StopSignal = 'SIGINT'): number {
  return outcome === 'interrupted' ? STOP_SIGNALS[signal] : ANSWER_CODES[outcome];
}

/** Whether a word is one of the closed list of reasons. */
export function isReason(word: string): word is Reason {
  return Object.hasOwn(REASONS, word);
}
