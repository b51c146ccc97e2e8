import { isOfficialImage } from '../../worker/argv.ts';
import { sayWhyOpen } from '../documents.ts';
import { editContainer } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { readBaseName, startOf } from '../../worker/start.ts';

/** An entry point in the definition replaces that of the image, and with it the image's init. */
export const entryPointBypassesInit: Rule = {
  id: 'entry-point-bypasses-init',
  rule: "The definition's `entryPoint` does not replace an image's entry point that starts an init.",
  severities: ['warning'],
  sources: [
    'https://github.com/buildkite/agent/tree/main/packaging/docker (the entry point ends in exec tini)',
    "https://docs.docker.com/reference/dockerfile/#entrypoint (an override drops the image's CMD too)",
  ],
  judge({ agent, imageConfig, documents }) {
    const given = agent.entryPoint;
    if (given.length === 0) return CLEAN;
    const own = startOf({ words: given });
    if (own.inits.length > 0 || readBaseName(given[0] ?? '') === 'buildkite-agent-entrypoint') return CLEAN;
    const ofImage = imageConfig?.entryPoint ?? null;
    const official =
      isOfficialImage(agent.image) || readBaseName(ofImage?.[0] ?? '') === 'buildkite-agent-entrypoint';
    if (ofImage === null && !official)
      return notKnown(
        `whether the image ${agent.image ?? ''} has an init in its entry point: ${sayWhyOpen(documents, 'entryPoint')}`,
      );
    const inits = official ? ['tini'] : startOf({ words: ofImage ?? [] }).inits;
    if (inits.length === 0) return CLEAN;
    // The image's entry point takes the words after the agent's own name.
    const words = [...given, ...agent.command];
    const at = words.findIndex((word) => readBaseName(word) === 'buildkite-agent');
    const command = at === -1 ? ['start'] : words.slice(at + (official ? 1 : 0));
    return judgementOf({
      severity: 'warning',
      document: 'taskDefinition',
      path: [...agent.path, 'entryPoint'],
      seen: `entryPoint ${JSON.stringify(given)} replaces the image's, which starts ${inits[0] ?? 'an init'}`,
      why: "Without the init nothing reaps the processes that jobs leave behind, and other preparations of the image's entry point do not happen. The agent still gets the signal if it is PID 1 itself.",
      todo: 'Remove entryPoint and set the command only.',
      edits: [editContainer(agent, 'entryPoint', undefined), editContainer(agent, 'command', command)],
      unknown: at === -1 ? 'which flags the agent is started with' : null,
    });
  },
};
