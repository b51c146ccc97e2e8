import type { Counters } from '../counters/port.ts';
import type { Answer } from '../model/answer.ts';
import type { Plan } from '../scenario/plan.ts';
import { splitCounterId } from '../scenario/subjects.ts';
import type { Fact } from '../model/world.ts';
import { mapAnswer } from './ecs-questions.ts';

/** Reads the counter of one container in one task, as the scenario says. */
export async function askCounter(
  id: string,
  { scenario }: Plan,
  counters: Counters,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  const { container, taskArn } = splitCounterId(id);
  const { url, command } = scenario.expect.containers[container]?.flushed ?? {};
  const task = taskArn.slice(taskArn.lastIndexOf('/') + 1);
  const fill = (text: string): string => text.replaceAll('{task}', task).replaceAll('{container}', container);
  const source = {
    container,
    // Task ids and the names of containers are letters, digits, dashes and underlines: an address takes them as they are.
    url: url === undefined ? null : fill(url),
    command: command === undefined ? null : command.map(fill),
  };
  return mapAnswer(await counters.read(source, signal), (value) => [{ kind: 'counter', id, value }]);
}
