import { inSeconds, editStopTimeout } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { FARGATE_CEILING, FARGATE_FLOOR } from '../../worker/stop-window.ts';

/** Fargate allows 2 to 120 s. The limit depends on what the task runs on, not on the definition: EC2 has none. */
export const stopTimeoutOverCeiling: Rule = {
  id: 'stop-timeout-over-ceiling',
  rule: 'On Fargate every `stopTimeout` lies between 2 and 120 s.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout: valid values for Fargate are 2-120 seconds)',
  ],
  judge({ agent, sidecars, worker: { launch } }) {
    if (launch.kind !== 'fargate') return CLEAN;
    const wrong = [agent, ...sidecars].filter(
      ({ stopTimeout }) =>
        stopTimeout !== null && (stopTimeout > FARGATE_CEILING || stopTimeout < FARGATE_FLOOR),
    );
    return judgementOf(
      ...wrong.map((container) => ({
        severity: 'error' as const,
        document: 'taskDefinition' as const,
        path: [...container.path, 'stopTimeout'],
        seen: `stopTimeout of ${container.name} is ${inSeconds(container.stopTimeout ?? 0)} s`,
        why: 'ECS refuses to register this definition for Fargate, so an older one is running. On EC2 there is no such limit.',
        todo: `Write a value from ${inSeconds(FARGATE_FLOOR)} to ${inSeconds(FARGATE_CEILING)}; steps that need longer need EC2, or a retry as a backstop.`,
        edits: [
          editStopTimeout(
            container,
            (container.stopTimeout ?? 0) > FARGATE_CEILING ? FARGATE_CEILING : FARGATE_FLOOR,
          ),
        ],
        unknown: null,
      })),
    );
  },
};
