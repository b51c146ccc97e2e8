import { IDLE_STRIKE, type Cause } from './cause.ts';
import { findWayToAgent, findForeseen } from './grounds.ts';
import { findWrapperDeath } from './wrapper.ts';

/** An init passes SIGTERM to its direct child: a shell there dies of it at once, and the agent with it. */
export const initKilledWrapper: Cause = {
  name: 'init-killed-wrapper',
  means: 'An init passed SIGTERM to a shell, which died of it at once and took the agent with it.',
  explains: 'how the container ended',
  judge(grounds) {
    const death = findWrapperDeath(grounds);
    const way = findWayToAgent(grounds);
    if (death === null || way.by !== 'init-and-shell') return null;
    const rule = findForeseen(grounds, 'init-with-shell');
    return {
      // A trap in the shell may have signalled the agent before.
      weight: death.atOnce && !way.mayPass ? 'proven' : 'likely',
      said: `the wrapper died first: the container starts ${way.name}; the init passed SIGTERM to the shell alone, which exited 143${death.after} and took the agent with it, without a drain`,
      events: [grounds.agent?.task.seq ?? null, rule?.event ?? null],
      saves:
        rule?.change ??
        'let the init start the agent itself: `"entryPoint": ["buildkite-agent","start"]`, with the init as it is',
      experiment: IDLE_STRIKE,
    };
  },
};
