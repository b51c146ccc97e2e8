import { editDocument } from '../edits.ts';
import { sayWhyOpen, type Documents } from '../documents.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { member, textOf } from '../json.ts';

const NUMBERS: Readonly<Record<string, string>> = {
  '1': 'HUP',
  '2': 'INT',
  '3': 'QUIT',
  '9': 'KILL',
  '15': 'TERM',
};
const EFFECT: Readonly<Record<string, string>> = {
  QUIT: 'On SIGQUIT the agent exits at once: it cancels its job instead of finishing it.',
  HUP: 'The agent ignores SIGHUP: it works on until SIGKILL, and its job is lost.',
  KILL: 'SIGKILL ends the agent at once, and its job is lost.',
};

/** The image's stop signal without SIG, such as `TERM`; empty where the image sets none or is not known. */
export function stopSignalOf({ imageConfig }: Documents): string {
  const given = textOf(member(imageConfig?.value, 'StopSignal')) ?? '';
  const name = given.toUpperCase().replace(/^SIG/, '');
  return NUMBERS[name] ?? name;
}

/** The image sets the signal that a stop sends; the agent finishes its job only on SIGTERM and SIGINT. */
export const stopSignal: Rule = {
  id: 'stop-signal',
  rule: "The image's STOPSIGNAL is SIGTERM or SIGINT.",
  severities: ['error', 'warning'],
  sources: [
    'https://docs.docker.com/reference/dockerfile/#stopsignal',
    'https://aws.amazon.com/about-aws/whats-new/2025/12/amazon-ecs-custom-container-stop-signals-fargate',
    'https://github.com/buildkite/agent/blob/main/clicommand/agent_start.go (signals of the agent)',
  ],
  judge({ documents, agent }) {
    if (documents.imageConfig === null || documents.imageConfig.open?.stopSignal != null)
      return notKnown(
        `the STOPSIGNAL of ${agent.image ?? 'the image'}: ${sayWhyOpen(documents, 'stopSignal')}`,
      );
    const given = textOf(member(documents.imageConfig.value, 'StopSignal')) ?? '';
    const signal = stopSignalOf(documents);
    if (signal === '' || signal === 'TERM' || signal === 'INT') return CLEAN;
    const effect = EFFECT[signal];
    return judgementOf({
      severity: effect === undefined ? 'warning' : 'error',
      document: 'imageConfig',
      path: ['StopSignal'],
      seen: `STOPSIGNAL ${given}`,
      why: `ECS sends the image's own signal, on Fargate as well since December 2025. ${effect ?? `The agent has no handler for SIG${signal}: it ends without finishing its job.`}`,
      todo: 'Build the image with STOPSIGNAL SIGTERM.',
      edits: [editDocument(documents, 'imageConfig', ['StopSignal'], 'SIGTERM')],
      unknown: null,
      ...(signal === 'QUIT'
        ? { data: { about: 'canceling-stop' as const, by: `STOPSIGNAL ${given}`, sure: true } }
        : {}),
    });
  },
};
