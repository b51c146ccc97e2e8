import { isOfficialImage } from '../../worker/argv.ts';
import { ofContainer } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, found, notKnown } from '../finding.ts';
import { baseName, startOf } from '../../worker/start.ts';

/** An entry point in the definition replaces the image's, and with it the init that the image brings. */
export const entryPointBypassesInit: Rule = {
  id: 'entry-point-bypasses-init',
  rule: "The definition's `entryPoint` does not replace an entry point of the image that starts an init.",
  severities: ['warning'],
  sources: [
    'https://github.com/buildkite/agent/tree/main/packaging/docker (the entry point ends in exec tini)',
    "https://docs.docker.com/reference/dockerfile/#entrypoint (an override drops the image's CMD too)",
  ],
  judge({ agent, imageConfig }) {
    const given = agent.entryPoint;
    if (given.length === 0) return CLEAN;
    const own = startOf({ words: given });
    if (own.inits.length > 0 || baseName(given[0] ?? '') === 'buildkite-agent-entrypoint') return CLEAN;
    const ofImage = imageConfig?.entryPoint ?? [];
    const official = isOfficialImage(agent.image);
    if (imageConfig === null && !official)
      return notKnown(
        `whether the image ${agent.image ?? ''} has an init in its entry point: give --image-config`,
      );
    const inits =
      official || baseName(ofImage[0] ?? '') === 'buildkite-agent-entrypoint'
        ? ['tini']
        : startOf({ words: ofImage }).inits;
    if (inits.length === 0) return CLEAN;
    // The words behind the agent's own name are what the image's entry point takes.
    const words = [...given, ...agent.command];
    const at = words.findIndex((word) => baseName(word) === 'buildkite-agent');
    const command = at === -1 ? ['start'] : words.slice(at + (official ? 1 : 0));
    return found({
      severity: 'warning',
      document: 'taskDefinition',
      path: [...agent.path, 'entryPoint'],
      seen: `entryPoint ${JSON.stringify(given)} replaces the image's, which starts ${inits[0] ?? 'an init'}`,
      why: "Without the init nobody reaps what jobs leave behind, and what else the image's entry point prepares is left out. The agent still gets the signal if it is PID 1 itself.",
      todo: 'Leave the entry point to the image and give the command alone.',
      edits: [ofContainer(agent, 'entryPoint', undefined), ofContainer(agent, 'command', command)],
      unknown: at === -1 ? 'which flags the agent is started with' : null,
    });
  },
};
