import { imageConfigOf } from '../../evidence/agent-container.ts';
import { commandLineOf } from '../../worker/argv.ts';
import { shellStays, startOf, startsAgent, type ShellStart } from '../../worker/start.ts';
import type { Grounds } from './grounds.ts';

/** What stands between ECS and the agent, as far as the definition tells. */
export type Between =
  /** The agent is what is reached; `sure` where no image can put something before it, `shell` where a shell execs it. */
  | { readonly by: 'nothing'; readonly sure: boolean; readonly shell: boolean }
  /** A shell that stays; `mayPass`: it may exec the agent all the same, or has a trap that passes the signal on. */
  | { readonly by: 'shell'; readonly name: string; readonly mayPass: boolean }
  /** An init, and a shell behind it. */
  | { readonly by: 'init-and-shell'; readonly name: string; readonly mayPass: boolean }
  /** A script or program of the image, or a definition that was not read. */
  | { readonly by: 'unknown'; readonly name: string };

export function between({ evidence, agent }: Grounds): Between {
  const definition = agent?.definition ?? null;
  if (definition === null) return { by: 'unknown', name: 'what the container starts, which was not read' };
  const { words, known } = commandLineOf(definition, imageConfigOf(evidence));
  const { shell, inits, scriptFile, program } = startOf({ words });
  if (shell !== null && shellStays(shell)) {
    const init = definition.initProcess ? 'initProcessEnabled' : inits[0];
    const name = `${shell.name} -c ...`;
    const hasTrap = shell.view.made.includes('a trap');
    if (init !== undefined) return { by: 'init-and-shell', name: `${init}, ${name}`, mayPass: hasTrap };
    return { by: 'shell', name, mayPass: hasTrap || execsAlone(shell) };
  }
  if (shell !== null) return { by: 'nothing', sure: known, shell: true };
  if (scriptFile !== null) return { by: 'unknown', name: `the script ${scriptFile}` };
  if (startsAgent(program.slice(0, 1))) return { by: 'nothing', sure: known, shell: false };
  return { by: 'unknown', name: words.length === 0 ? "the image's own entry point" : words.join(' ') };
}

/** bash and BusyBox were seen to run a single plain command in their own place; what `sh` is stands in the image. */
function execsAlone({ kind, view }: ShellStart): boolean {
  return (kind === 'bash' || kind === 'busybox') && view.plain && !view.replaces;
}
