import { describe, expect, it } from 'vitest';
import { containerOf } from '../../src/evidence/own-container.ts';
import { aContainerDefinition, aTaskDefinition, DEFINITION_ARN } from '../support/builders.ts';

/** Which of the containers is judged, where the agent's tag gives this name of Docker. */
function judged(names: readonly string[], dockerName: string, essential = names): string | null {
  const containers = names.map((name) => aContainerDefinition({ name, essential: essential.includes(name) }));
  const definition = aTaskDefinition({ containers });
  return containerOf(names, DEFINITION_ARN, definition, dockerName, null)?.name ?? null;
}

const onEc2 = (name: string): string => `ecs-build-agent-1-${name}-9a8b7c6d5e4f3a2b1c0d`;

describe("the agent's own container", () => {
  it.each<[string, readonly string[], string, string | null]>([
    [
      'a name with characters that Docker leaves out',
      ['build_agent', 'proxy'],
      onEc2('buildagent'),
      'build_agent',
    ],
    ['the same on Fargate', ['build_agent', 'proxy'], 'build_agent', 'build_agent'],
    ['beside a sidecar whose name begins so', ['agent', 'agent-proxy'], onEc2('agent'), 'agent'],
    [
      'the sidecar, where the agent runs in it',
      ['agent', 'agent-proxy'],
      onEc2('agent-proxy'),
      'agent-proxy',
    ],
    ['beside that sidecar on Fargate', ['agent-proxy', 'agent'], 'agent', 'agent'],
    ['beside a sidecar whose name ends so', ['my-agent', 'agent'], onEc2('agent'), 'agent'],
    ['neither, by a name that only contains one', ['agent', 'proxy'], 'the-agent', null],
  ])('%s', (_title, names, dockerName, expected) => {
    expect(judged(names, dockerName)).toBe(expected);
  });

  it('is none where Docker makes one name of two, even if only one of them is essential', () => {
    const names = ['build_agent', 'buildagent'];
    expect(judged(names, onEc2('buildagent'))).toBeNull();
    expect(judged(names, onEc2('buildagent'), ['buildagent'])).toBeNull();
  });
});
