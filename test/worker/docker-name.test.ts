import { expect, it } from 'vitest';
import { isDockerNameOf } from '../../src/worker/definition.ts';
import { DEFINITION_ARN } from '../support/builders.ts';

it.each<[string, string, string, boolean]>([
  ['the plain name, as on Fargate', 'agent', 'agent', true],
  ["Docker's name", 'ecs-build-agent-1-agent-a1b2c3d4e5', 'agent', true],
  ['of another revision', 'ecs-build-agent-2-agent-a1b2', 'agent', false],
  ['of another family', 'ecs-builder-1-agent-a1b2', 'agent', false],
  ['of a container whose name ends so', 'ecs-build-agent-1-my-agent-a1b2', 'agent', false],
  ['of a container whose name begins so', 'ecs-build-agent-1-agent-proxy-a1b2', 'agent', false],
  ['of a container whose name begins so, and goes on in hex', 'ecs-build-agent-1-agent-a-b2', 'agent', false],
  [
    'characters that Docker does not take are left out',
    'ecs-build-agent-1-myagent1-a1b2',
    'my_agent.1',
    true,
  ],
  ['without the hex at its end', 'ecs-build-agent-1-agent-', 'agent', false],
  ['with another end', 'ecs-build-agent-1-agent-xyz', 'agent', false],
  ['contains it', 'my-agent', 'agent', false],
])('%s', (_title, dockerName, name, isIt) => {
  expect(isDockerNameOf(dockerName, name, DEFINITION_ARN)).toBe(isIt);
});

it('knows a definition by its family and revision alone, and takes none for any', () => {
  expect(isDockerNameOf('ecs-build-agent-1-agent-a1', 'agent', 'build-agent:1')).toBe(true);
  expect(isDockerNameOf('ecs-build-agent-1-agent-a1', 'agent', 'nonsense')).toBe(false);
});
