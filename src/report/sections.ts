import { commandLines, sayNoneStopped } from './command-lines.ts';
import { causeItems } from './cause.ts';
import { makeItem, sayEvents, type Item } from './paint.ts';
import type { Moment } from '../verdict/moment.ts';
import type { DrillResult } from '../verdict/result.ts';
import { formatFault } from '../scenario/inject.ts';
import { formatSpan, formatSpanBetween } from '../model/instants.ts';
import { shortenArn, formatInstant, timeOfDay } from './text.ts';

export interface Section {
  readonly title: string;
  readonly items: readonly Item[];
}

/** The sections of a drill's report; empty sections are left out. */
export function sectionsOf(result: DrillResult): readonly Section[] {
  const sections = [
    { title: 'What was done', items: doneItems(result) },
    { title: 'What happened', items: timelineItems(result.timeline) },
    { title: 'Cause', items: causeItems(result.cause) },
    { title: 'Why', items: whyItems(result) },
    { title: 'What to do', items: todoItems(result) },
    { title: 'Evidence', items: evidenceItems(result) },
  ];
  return sections.filter((section) => section.items.length > 0);
}

function doneItems(result: DrillResult): readonly Item[] {
  const none = sayNoneStopped(result);
  if (none !== null) return [makeItem(none), ...buildItems(result)];
  const items: Item[] = [];
  const { target, agent } = result;
  const isIdle = target?.jobId === null;
  const onAgent =
    agent === null ? '' : ` on agent ${agent.name}${agent.version === null ? '' : ` (${agent.version})`}`;
  if (target === null || result.injection === 'none') {
    items.push(makeItem('Nothing was stopped.'));
  } else {
    items.push(
      makeItem(
        `${formatFault(result.fault, result.experiment !== undefined)}: task ${shortenArn(target.taskArn)}, while it ${isIdle ? 'had no job' : 'ran the step'}${onAgent}.`,
      ),
    );
    items.push(makeItem(`It was this task because ${target.why}.`));
    items.push(makeItem(isIdle ? INJECTION_IDLE[result.injection] : INJECTION[result.injection]));
  }
  items.push(...buildItems(result));
  return items;
}

function buildItems({ build, builds: all, fleet, fault, experiment }: DrillResult): readonly Item[] {
  const one = build === null ? [] : [makeItem(`Build #${build.number} (${build.state}): ${build.url}`)];
  if (fleet === null && all.length <= 1) return one;
  const killed = all.filter((line) => line.killed).length;
  const sum =
    fleet === null
      ? makeItem(`${all.length} builds were started.`)
      : makeItem(
          `builds killed by this ${formatFault(fault, experiment !== undefined)}: ${killed} of ${all.length} (${fleet.buildsHit} hit)`,
          killed > 0 ? 'bad' : 'plain',
        );
  return all.length <= 1 ? [...one, sum] : [sum, ...all.map((line) => buildItem(line, fault))];
}

function buildItem(line: DrillResult['builds'][number], fault: string): Item {
  const jobs = [
    line.drained > 0 ? `${line.drained} drained` : null,
    line.lost > 0 ? `${line.lost} LOST` : null,
    line.masked > 0 ? `${line.masked} lost and masked` : null,
  ].filter((part) => part !== null);
  const untouched = fault === 'command' ? 'not touched' : 'not hit';
  const hit = line.hit === 0 ? untouched : `${line.hit} ${line.hit === 1 ? 'job' : 'jobs'} hit`;
  const what = [hit, ...jobs].join(', ');
  const tone = line.killed ? 'bad' : 'plain';
  return makeItem(
    `Build #${line.number} (${line.state}): ${what}${line.killed ? ', KILLED' : ''}: ${line.url}`,
    tone,
  );
}

const INJECTION: Readonly<Record<DrillResult['injection'], string>> = {
  proven: 'It is proven that the stop landed while the job was in flight.',
  'not proven': 'It is NOT proven that the stop landed while the job was in flight.',
  none: 'Nothing was stopped.',
};

const INJECTION_IDLE: Readonly<Record<DrillResult['injection'], string>> = {
  proven: 'It is proven that the stop landed while the worker had no job.',
  'not proven': 'It is NOT proven that the stop landed while the worker had no job.',
  none: 'Nothing was stopped.',
};

/** The timeline: time of day in UTC, time since its first moment, and the clock if it is not the runner's. */
export function timelineItems(timeline: readonly Moment[]): readonly Item[] {
  const [first] = timeline;
  if (first === undefined) return [];
  const day = makeItem(`${formatInstant(first.at).slice(0, 10)}, times in UTC`, 'quiet');
  return [day, ...timeline.map((moment) => makeItem(momentLine(moment), 'plain', HANG))];
}

const HANG = 24;

const CLOCK = {
  ...{ runner: 'our', buildkite: "Buildkite's", ecs: "ECS's" },
  ...{ instance: "the instance's", agent: "the agent's" },
} as const;

/** One moment as a line. */
function momentLine(moment: Moment): string {
  const clock = moment.clock === 'runner' ? '' : ` (${CLOCK[moment.clock]} clock)`;
  return `${timeOfDay(moment.at)}  ${saySinceFirst(moment).padStart(8)}  ${moment.said}${clock}`;
}

/** `+4.2s`, or `+?` where the offset of its clock is not known. */
export function saySinceFirst({ since }: Moment): string {
  return since === null ? '+?' : `+${formatSpan(since)}`;
}

function whyItems(result: DrillResult): readonly Item[] {
  const items: Item[] = [];
  for (const guard of result.guards) {
    if (guard.holds) continue;
    const does = guard.waits === true ? 'waits' : 'refuses';
    items.push(makeItem(`guard ${guard.guard} ${does}: ${guard.said}`, 'warn'));
  }
  for (const finding of result.findings) {
    if (finding.holds === 'unasked') continue;
    const rests = sayEvents(finding.events);
    items.push(
      makeItem(`${WORD[finding.holds]} ${finding.check}: ${finding.said}${rests}`, TONE[finding.holds], 5),
    );
  }
  return [...items, ...result.notes.map((note) => makeItem(`note: ${note}`, 'quiet', 6))];
}

const WORD = { yes: 'yes ', no: 'NO  ', unknown: '??  ', unasked: '    ' } as const;
const TONE = { yes: 'plain', no: 'bad', unknown: 'warn', unasked: 'quiet' } as const;

function todoItems(result: DrillResult): readonly Item[] {
  return [makeItem(result.next), ...result.commands.map((command) => makeItem(`$ ${command}`, 'loud'))];
}

function evidenceItems(result: DrillResult): readonly Item[] {
  const items: Item[] = [];
  for (const attempt of result.attempts) {
    const end =
      attempt.exitStatus === null ? attempt.state : `${attempt.state}, exit status ${attempt.exitStatus}`;
    const marks = [attempt.lost ? 'LOST' : null, attempt.judged ? 'judged' : null].filter(
      (mark) => mark !== null,
    );
    const on = attempt.agent === null ? '' : ` on ${attempt.agent}`;
    const suffix = marks.length === 0 ? '' : ` (${marks.join(', ')})`;
    const text = `attempt ${attempt.attempt} of step ${attempt.step ?? 'without key'}${on}: ${end}${suffix}, job ${attempt.jobId}`;
    items.push(makeItem(text, attempt.lost ? 'bad' : 'plain'));
  }
  items.push(...proofLines(result.proof).map((text) => makeItem(text)));
  if (result.drain !== null) items.push(makeItem(drainLine(result.drain, result)));
  if (result.stopWindow !== null) items.push(...stopWindowItems(result.stopWindow, result.target?.container));
  if (result.command !== null) items.push(...commandLines(result.command).map((text) => makeItem(text)));
  if (result.fleet !== null) items.push(...fleetLines(result.fleet).map((text) => makeItem(text)));
  if (result.control !== null) {
    const { expected, met, contradicted } = result.control;
    const tone = met ? 'good' : contradicted ? 'bad' : 'warn';
    items.push(makeItem(`control: expected ${expected}: ${controlWord(result.control)}`, tone));
  }
  if (result.budget !== null) items.push(makeItem(budgetLine(result.budget), 'quiet'));
  if (result.rig !== null) items.push(makeItem(rigLine(result.rig)));
  items.push(makeItem(`drill ${result.drill}, scenario ${result.file}`, 'quiet'));
  if (result.journal !== null) items.push(makeItem(`journal ${result.journal}`, 'quiet'));
  return items;
}

const IN_FLIGHT = {
  'one-clock': "the agent's own report, between start and end of the job",
  read: 'a read after the signal',
  clocks: 'the clocks of all services',
  loss: 'the loss that came after the stop',
} as const;
const HEARD = {
  report: "the agent's own report",
  witness: 'a worker of the same definition that stays when it has no job',
  'entry-point': 'what the container starts',
  'exit-code': 'how the container ended',
  disconnect: "the agent's disconnect right after the stop",
} as const;

function proofLines({ inFlight, heard }: DrillResult['proof']): readonly string[] {
  return [
    ...(inFlight === null ? [] : [`in flight at the signal, shown by ${IN_FLIGHT[inFlight]} (${inFlight})`]),
    ...(heard === null ? [] : [`the stop was heard, shown by ${HEARD[heard]} (${heard})`]),
  ];
}

/** What was not shown to have left because of the stop did not drain: its end is told, and no drain. */
/** Whether the worker is known to have drained because of the stop: only then the time to its end is that of a drain. */
export function isDrainProven({ outcome, injection, findings }: DrillResult): boolean {
  const left = findings.some(({ check, holds }) => check === 'agent-left' && holds === 'yes');
  return outcome === 'passed' || (injection === 'proven' && left);
}

function drainLine(measured: NonNullable<DrillResult['drain']>, result: DrillResult): string {
  return `${isDrainProven(result) ? 'the drain' : 'the end of the worker'} took ${formatSpanBetween(measured.ms, measured.atMost)} (${measured.by})`;
}

const BY = {
  definition: '',
  default: " (ECS's default, as the definition sets none)",
  platform: " (the platform's limit)",
} as const;

/** How long the stop may take, and which containers it may cut off. */
function stopWindowItems(
  window: NonNullable<DrillResult['stopWindow']>,
  agent: string | undefined,
): readonly Item[] {
  const steps = window.chain.map(({ container, ms, by }) => `${container} ${formatSpan(ms)}${BY[by]}`);
  const items = [
    makeItem(
      steps.length === 1
        ? `stop window: ${steps.join()}`
        : `stop window along dependsOn: ${steps.join(', then ')}: ${formatSpan(window.ms)} in all`,
    ),
  ];
  if (window.agent !== null && window.agent.signalled > 0)
    items.push(
      makeItem(
        `${agent ?? 'the agent'} may be signalled as late as ${formatSpan(window.agent.signalled)} after the stop`,
      ),
    );
  if (window.limit !== null && window.cut.length > 0)
    items.push(
      makeItem(
        `spot capacity is reclaimed ${formatSpan(window.limit)} after its notice: that can cut off ${window.cut.join(', ')}`,
        'warn',
      ),
    );
  return items;
}

function fleetLines(numbers: NonNullable<DrillResult['fleet']>): readonly string[] {
  const { tasksHit, jobsHit, drained, lost, masked, longestDrain, rollout } = numbers;
  const longest = longestDrain === null ? '' : `; the longest drain took ${formatSpan(longestDrain)}`;
  return [
    `tasks stopped: ${tasksHit}; jobs hit: ${jobsHit}; drained ${drained}, lost ${lost}, masked ${masked}${longest}`,
    ...(rollout === null
      ? []
      : [`the service was steady again, its deployment COMPLETED, ${formatSpan(rollout)} after the call`]),
  ];
}

/** What the drill spent of Buildkite's budget; figures of limits that no answer named are left out. */
function budgetLine({ points, requests, lowest }: NonNullable<DrillResult['budget']>): string {
  const left = [
    lowest.user === null ? null : `${lowest.user} of the user's`,
    lowest.organization === null ? null : `${lowest.organization} of the organization's`,
  ].filter((part) => part !== null);
  const least = left.length === 0 ? '' : `; at the least there remained ${left.join(' and ')}`;
  return `Buildkite's budget: ${points} points in ${requests} requests${least}`;
}

/** Whether a drill met the outcome that its `control` expects. */
export function controlWord({ met, contradicted }: NonNullable<DrillResult['control']>): string {
  if (met) return 'met';
  return contradicted ? 'NOT MET' : 'not decided';
}

function rigLine(facts: NonNullable<DrillResult['rig']>): string {
  const pid1 = facts.pid1 ? '' : ', WITHOUT real PID 1';
  const knobs = Object.entries(facts.knobs).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const turned = knobs.length === 0 ? '' : `; knobs: ${knobs.join(', ')}`;
  return `this was the rig, not the real services: ${facts.executor} executor${pid1}, ${agentOf(facts)}${sayIdleWorkers(facts)}${sayInProcess(facts)}${turned}`;
}

/** Of which services only some tasks run processes. */
function sayIdleWorkers({ tasksWithProcesses = {} }: NonNullable<DrillResult['rig']>): string {
  return Object.entries(tasksWithProcesses)
    .map(
      ([name, count]) =>
        `; of service ${name} ${String(count)} tasks run processes, the agents of the others only idle`,
    )
    .join('');
}

/** Of which services no task runs processes, though its agents work. */
function sayInProcess({ agentsInProcess = [] }: NonNullable<DrillResult['rig']>): string {
  return agentsInProcess.length === 0
    ? ''
    : `; WITHOUT PROCESSES: ${agentsInProcess.join(', ')}: their agents live inside the rig, and nothing here shows what a program does with a signal`;
}

/** The rig's agent, with its version where known. */
export function agentOf({ agent }: NonNullable<DrillResult['rig']>): string {
  const { kind, version } = agent;
  return version === null || version === kind ? `${kind} agent` : `${kind} agent ${version}`;
}
