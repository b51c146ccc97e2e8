import { explainHostGone as saidOfHost } from '../../checks/undisturbed.ts';
import { NO_FAULT, type Cause } from './cause.ts';

/** The host went away and the task with it: stopTimeout does not hold then. */
export const hostGone: Cause = {
  name: 'host-gone',
  means: 'The host of the task went away, and the task with it.',
  explains: 'how the container ended',
  judge({ agent }) {
    const said = agent === null ? null : saidOfHost(agent.task.value);
    if (agent === null || said === null) return null;
    return {
      weight: 'proven',
      said: `the host of the task went away: ${said}`,
      events: [agent.task.seq],
      saves:
        'capacity that AWS does not reclaim, or steps that end within the two minutes of a Spot notice; a retry of lost agents is the backstop',
      experiment: NO_FAULT,
    };
  },
};
