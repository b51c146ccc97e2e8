import { commandLine } from '../../evidence/agent-container.ts';
import { shellStays, startsAgent } from '../../worker/start.ts';
import type { Grounds } from './grounds.ts';

/** What stands between ECS and the agent, as far as the definition tells. */
export type Between =
  /** The agent is what the container starts; `sure` where no image can put something before it. */
  | { readonly by: 'nothing'; readonly sure: boolean }
  /** A shell that stays; `saved`: one that was seen to run such a script in its own place. */
  | { readonly by: 'shell'; readonly name: string; readonly saved: boolean }
  /** An init, and a shell behind it. */
  | { readonly by: 'init-and-shell'; readonly name: string }
  /** A script or program of the image, or a definition that was not read. */
  | { readonly by: 'unknown'; readonly name: string };

export function between({ look, agent }: Grounds): Between {
  const { subject } = look;
  if (subject === null) return { by: 'unknown', name: 'what the container starts, which was not read' };
  const { start, argv, value } = subject.agent;
  const { shell, inits, scriptFile } = start;
  if (shell !== null && shellStays(shell)) {
    const init = agent?.definition?.initProcess === true ? 'initProcessEnabled' : inits[0];
    const name = `${shell.name} -c ...`;
    if (init !== undefined) return { by: 'init-and-shell', name: `${init}, ${name}` };
    const rule = look.foreseen.find((one) => one.rule === 'shell-form');
    return { by: 'shell', name, saved: rule?.severity === 'warning' };
  }
  if (scriptFile !== null) return { by: 'unknown', name: `the script ${scriptFile}` };
  if (value !== undefined && startsAgent(start.program.slice(0, 1)))
    return { by: 'nothing', sure: argv.known };
  if (shell !== null) return { by: 'nothing', sure: argv.known };
  const words = agent?.definition == null ? '' : commandLine(agent.definition).join(' ');
  return { by: 'unknown', name: words === '' ? "the image's own entry point" : words };
}
