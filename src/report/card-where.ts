import { formatFault } from '../scenario/inject.ts';
import type { DrillResult } from '../verdict/result.ts';
import { makePart, type Part } from './card-parts.ts';
import { commandLines, sayNoneStopped } from './command-lines.ts';
import { formatSpan, formatSpanBetween } from '../model/instants.ts';
import { isDrainProven } from './sections.ts';
import { shortenArn } from './text.ts';
import { widthOf } from './width.ts';

/** Columns of the labels. */
const LABEL = 8;

/** Build, task and agent, what was run or would be touched, and the next command. */
export function placeParts(result: DrillResult, width: number): readonly Part[] {
  const { drain, command, touches, outcome } = result;
  const isPlanned = outcome === 'planned';
  return [
    ...(isPlanned && touches.length > 0 ? touches.map((one) => makePart(4, 'Would', one, width)) : []),
    ...(drain === null || !isDrainProven(result)
      ? []
      : [makePart(10, 'Drain', drainText(drain, result.stopWindow), width, { most: 1 })]),
    ...(command === null ? [] : [makePart(6, 'Command', commandText(command), width, { most: 2 })]),
    ...buildParts(result, width),
    ...(isPlanned ? [] : taskParts(result, width)),
    ...nextParts(result, width),
  ];
}

/** `4.2 s to 4.7 s; SIGKILL after 2 min 0 s`. */
function drainText(
  { ms, atMost }: NonNullable<DrillResult['drain']>,
  stopWindow: DrillResult['stopWindow'],
): string {
  const agent = stopWindow?.agent ?? null;
  return `${formatSpanBetween(ms, atMost)}${agent === null ? '' : `; SIGKILL after ${formatSpan(agent.killed - agent.signalled)}`}`;
}

function commandText(command: NonNullable<DrillResult['command']>): string {
  return commandLines(command)[0]?.replace(/^command: /, '') ?? '';
}

/** The build that was aimed at, or how many of several were killed. A link that finds no room is left out, as half of one leads nowhere. */
function buildParts(
  { build, builds, fleet, fault, experiment }: DrillResult,
  width: number,
): readonly Part[] {
  if (fleet !== null || builds.length > 1) {
    const killed = builds.filter((one) => one.killed).length;
    const by = formatFault(fault, experiment !== undefined);
    const said = `${String(killed)} of ${String(builds.length)} killed by this ${by}`;
    const jobs =
      fleet === null
        ? ''
        : `; tasks stopped ${String(fleet.tasksHit)}, jobs hit ${String(fleet.jobsHit)}, lost ${String(fleet.lost)}`;
    return [makePart(7, 'Builds', `${said}${jobs}`, width, { tone: killed > 0 ? 'bad' : 'plain', most: 2 })];
  }
  if (build === null) return [];
  const name = `#${String(build.number)} ${build.state}`;
  const whole = `${name}  ${build.url}`;
  return [makePart(7, 'Build', widthOf(whole) + LABEL > width ? name : whole, width, { most: 1 })];
}

function taskParts(result: DrillResult, width: number): readonly Part[] {
  const { target, agent, injection } = result;
  const none = sayNoneStopped(result);
  if (none !== null) return [makePart(8, 'Task', none, width, { most: 1 })];
  if (target === null || injection === 'none')
    return [makePart(8, 'Task', 'nothing was stopped', width, { most: 1 })];
  const on =
    agent === null ? '' : `, agent ${agent.name}${agent.version === null ? '' : ` (${agent.version})`}`;
  const unproven = injection === 'not proven' ? '; NOT proven that the stop landed in time' : '';
  return [makePart(8, 'Task', `${shortenArn(target.taskArn)}${on}${unproven}`, width, { most: 2 })];
}

/** The commands that go on from here; without one, the command that shows everything. */
function nextParts({ commands, drill, journal }: DrillResult, width: number): readonly Part[] {
  const [first, second, ...more] = commands;
  if (first === undefined) {
    const folder = journal?.replace(/[\\/]journal\.jsonl$/, '') ?? null;
    if (folder === null) return [];
    const name = folder === `.gameday/${drill}` ? drill : folder;
    return [paste(makePart(1, 'Next', `gameday drills show ${name}`, width, { tone: 'loud', least: 3 }))];
  }
  const rest = more.length === 0 ? '' : ` (and ${String(more.length)} more commands)`;
  return [
    paste(makePart(1, 'Next', `$ ${first}`, width, { tone: 'loud', most: 4, least: 4 })),
    ...(second === undefined
      ? []
      : [paste(makePart(2, ' ', `$ ${second}${rest}`, width, { tone: 'loud', most: 4, least: 4 }))]),
  ];
}

function paste(part: Part): Part {
  return { ...part, isPasted: true };
}
