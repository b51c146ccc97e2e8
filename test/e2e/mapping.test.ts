import { describe, expect, test } from 'vitest';
import { withAgent } from './support/agents.ts';
import { play } from './support/case.ts';
import { held } from './support/gates.ts';

const integration = { key: 'integration', command: held() };
const byHost = { cluster: { mapping: 'hostname' } };
/** No `--tags-from-ecs-meta-data`: the agent does not say on which task it lives. */
const UNTAGGED = ['buildkite-agent', 'start'] as const;

describe.concurrent('an agent without the tag of its task', () => {
  test(withAgent('is mapped by its host name where the scenario asks for it, and drains'), async () => {
    const { drill, journal } = await play({
      agent: 'real',
      container: { argv: UNTAGGED },
      steps: [integration],
      scenario: byHost,
      expected: { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 },
    });
    const chosen = journal.find((event) => event.code === 'GD_TARGET_CHOSEN');
    const target = chosen?.code === 'GD_TARGET_CHOSEN' ? chosen.payload.target : undefined;
    expect(target?.why).toMatch(/found by host name ip-10-0-\d+-\d+\..* in service build-agents/);
    expect(drill.attempts).toMatchObject([{ judged: true, taskArn: target?.taskArn }]);
  });

  test(withAgent('is not mapped where the scenario does not ask for it'), async () => {
    await play({
      agent: 'real',
      container: { argv: UNTAGGED },
      steps: [integration],
      expected: {
        exit: 4,
        outcome: 'could-not-run',
        reason: 'agent-not-mapped',
        says: [/has no tag ecs:task-arn/],
        sent: 0,
      },
    });
  });

  test(withAgent('is not stopped where another one lives on its host'), async () => {
    await play({
      agent: 'real',
      container: { argv: [...UNTAGGED, '--spawn', '2'] },
      steps: [integration],
      scenario: byHost,
      expected: {
        exit: 3,
        outcome: 'refused',
        reason: 'shared-task',
        says: [/2 agents run on the task/],
        sent: 0,
      },
    });
  });
});
