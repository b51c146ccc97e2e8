import { formatCommand } from '../model/entities/command.ts';
import { formatSpan } from '../model/instants.ts';
import type { DrillResult } from '../verdict/result.ts';

/** A command of which no task came to be stopped; null for every other drill. */
export function sayNoneStopped({ command, fleet }: DrillResult): string | null {
  if (command === null || (fleet?.tasksHit ?? 0) > 0) return null;
  return command.state === 'refused'
    ? 'Nothing was stopped: the command could not be started.'
    : 'The command was started, and the scheduler stopped no task.';
}

/** What was run, how it ended, and from which task definition to which it took the service. */
export function commandLines(command: NonNullable<DrillResult['command']>): readonly string[] {
  const { words, state, exitCode, signal, endedBy, ms, leftProcesses, formerDefinition, deployments } =
    command;
  const how = signal === null ? `exit code ${String(exitCode)}` : `signal ${signal}`;
  const end = {
    ended: how,
    running: 'end not seen',
    unknown: 'end not known',
    refused: 'could not be started',
  }[state];
  const after = ms === null ? '' : ` after ${formatSpan(ms)}`;
  const by = endedBy === null ? '' : `, ended by gameday (${endedBy})`;
  const left = leftProcesses ? '; it left processes behind, which were ended' : '';
  return [
    `command: ${formatCommand(words)}: ${end}${after}${by}${left}`,
    ...deployments.map(
      ({ id, definition, rolloutState }) =>
        `deployment ${id}: ${formerDefinition ?? 'a definition not shown'} -> ${definition ?? 'one not shown'}${rolloutState === null ? '' : `, ${rolloutState}`}`,
    ),
  ];
}
