import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Which agent a case asks for. */
export type AgentChoice = 'real' | 'stand-in';

const NAME = 'buildkite-agent';

/** The real agent of this machine, or null. */
export function realAgent(): string | null {
  const named = process.env['GAMEDAY_REAL_AGENT'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, NAME));
  const places = [
    ...(named === undefined || named === '' ? [] : [named]),
    join(homedir(), '.cache', 'gameday', 'agent-v3.78.0', NAME),
    ...onPath,
  ];
  return places.find((place) => existsSync(place)) ?? null;
}

/** A test's name that says with which agent it runs here. */
export function withAgent(name: string): string {
  return realAgent() === null
    ? `${name} (stand-in agent: there is no real one here)`
    : `${name} (real agent)`;
}

/** The flags that choose the agent; where tools are required, a missing real agent fails the test. */
export function agentFlags(choice: AgentChoice): readonly string[] {
  if (choice === 'stand-in') return [];
  const real = realAgent();
  if (real !== null) return ['--agent', real];
  if (process.env['GAMEDAY_REQUIRE_TOOLS'] === '1')
    throw new Error('a real buildkite-agent is required here');
  return [];
}

/** PATH without any agent, so that the rig takes its stand-in where it is told no other. */
export function pathWithoutAgent(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.filter((folder) => !existsSync(join(folder, NAME))).join(delimiter);
}
