import { IDLE_STRIKE, type Cause } from './cause.ts';
import { findWayToAgent, findForeseen } from './grounds.ts';
import { findWrapperDeath } from './wrapper.ts';

/** Exit code 143 means that a program died of SIGTERM; the agent itself exits 0 when it is signalled. */
export const wrapperDied: Cause = {
  name: 'wrapper-died',
  means: 'A wrapper died of SIGTERM and took the agent with it.',
  explains: 'how the container ended',
  judge(grounds) {
    const death = findWrapperDeath(grounds);
    const way = findWayToAgent(grounds);
    if (death === null || way.by === 'init-and-shell') return null;
    const isSeen = way.by !== 'nothing';
    const who = isSeen ? `\`${way.name}\`` : 'something that the image puts before the agent';
    return {
      weight: isSeen ? 'likely' : 'possible',
      said: `the wrapper died first: ${who} exited 143 of SIGTERM${death.after} and took the agent with it, without a drain`,
      events: [grounds.agent?.task.seq ?? null],
      saves:
        findForeseen(grounds, 'shell-form')?.change ??
        'let the agent be what the container starts: `"entryPoint": ["buildkite-agent","start"]`, or put `exec` before it',
      experiment: IDLE_STRIKE,
    };
  },
};
