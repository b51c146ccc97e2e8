import { placeOfPart, editCommandLine, editWord } from '../argv.ts';
import { sayWhyOpen, type Documents, type Edit } from '../documents.ts';
import type { Finding, Rule, Severity } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { member } from '../json.ts';
import { makeExecForm, makeExecScript } from '../../worker/shell.ts';
import type { ShellStart } from '../../worker/start.ts';
import { isShellStaying, startOf, isAgentStart, readBaseName } from '../../worker/start.ts';
import type { Container, Subject } from '../subject.ts';

/** What each shell does with one plain command after `-c`; measured with dash 0.5.12, bash 5.2 and BusyBox 1.37. */
const HABIT: Readonly<Record<ShellStart['kind'], string>> = {
  dash: 'dash starts it as a child and stays PID 1',
  bash: 'bash 5.2 was seen to run a single plain command in its own place, and stops doing so with a redirection, a group or a second command',
  busybox:
    'BusyBox ash was seen to run a single command in its own place, and stops doing so with another behind it',
  unknown: 'sh is dash in Debian and Ubuntu images, which starts it as a child and stays PID 1',
  other: 'whether this shell runs it in its own place depends on its version and on the script',
};

/** Shell form without `exec`: the shell is PID 1 and gets the SIGTERM; the agent never gets it. */
export const shellForm: Rule = {
  id: 'shell-form',
  rule: "No shell stays between ECS and the agent: the agent is started in exec form, or by the shell's `exec`.",
  severities: ['error', 'warning'],
  sources: [
    'https://man7.org/linux/man-pages/man7/pid_namespaces.7.html (the init process gets only signals that it handles)',
    'https://docs.docker.com/reference/dockerfile/#shell-form-entrypoint-example',
  ],
  judge(subject) {
    const { agent } = subject;
    const { shell, scriptFile } = agent.start;
    if (shell === null) return judgeUnseen(agent, subject.documents, scriptFile);
    if (!isShellStaying(shell)) return CLEAN;
    return judgementOf(findingOf(subject, shell));
  },
};

function judgeUnseen({ start, image }: Container, documents: Documents, scriptFile: string | null) {
  if (scriptFile !== null)
    return notKnown(
      `what the script ${scriptFile} does is in the image: its last command must be \`exec\` of the agent`,
    );
  if (start.commandLine.isKnown) return judgeProgram(start.program);
  return notKnown(
    `how the image ${image ?? 'of the agent'} starts the agent: ${sayWhyOpen(documents, 'entryPoint')}`,
  );
}

/** A program that is not the agent may start it, and pass the stop signal on or not. */
function judgeProgram(program: readonly string[]) {
  const [name] = program;
  if (name === undefined || isAgentStart([name])) return CLEAN;
  // supervisord sends SIGKILL after stopwaitsecs (http://supervisord.org/configuration.html, program section).
  if (readBaseName(name) === 'supervisord')
    return notKnown(
      `how long ${name} lets the agent drain: it sends SIGKILL after its own stopwaitsecs, 10 s by default, whatever the stopTimeout is`,
    );
  return notKnown(`whether ${name} passes the stop signal on to the agent, and waits until it has ended`);
}

function findingOf(subject: Subject, shell: ShellStart): Finding {
  const { agent, documents } = subject;
  const pidMode = member(documents.taskDefinition.value, 'pidMode');
  const severity = severityOf(shell, isStartedByInit(agent), pidMode === 'task' || pidMode === 'host');
  const made = shell.view.made.length === 0 ? '' : ` with ${shell.view.made.join(', ')}`;
  const where = placeOf(agent, shell);
  return {
    severity,
    ...where,
    seen: `${shell.name} runs the agent without exec${made}: ${JSON.stringify(shell.script)}`,
    why:
      severity === 'warning'
        ? `The stop signal goes to PID 1 only. ${HABIT[shell.kind]}: the worker drains today, but after the next edit of the script, or with another base image, it loses the job.`
        : `The stop signal goes to PID 1 only. That is the shell, which has no handler and passes nothing on: ${HABIT[shell.kind]}. The agent works on until SIGKILL at stopTimeout (exit code 137), and its job is lost.`,
    todo: "Start the agent itself, in exec form or by the shell's exec.",
    edits: fixShell(agent, shell),
    unknown:
      shell.kind === 'unknown'
        ? `which program ${shell.name} is in the image ${agent.image ?? ''}: dash (Debian, Ubuntu) loses the job, BusyBox (Alpine) and bash (Amazon Linux, RHEL) run one plain command in their own place`
        : null,
  };
}

/** Whether the shell replaces itself by the agent: bash and BusyBox do so for one plain command. */
function severityOf(shell: ShellStart, underInit: boolean, sharedPids: boolean): Severity {
  if (underInit || sharedPids || !shell.view.plain || shell.view.replaces) return 'error';
  return shell.kind === 'bash' || shell.kind === 'busybox' ? 'warning' : 'error';
}

/** Whether an init of the runtime or on the command line is PID 1 before the shell. */
export function isStartedByInit({ start }: Pick<Container, 'start'>): boolean {
  return start.allInits.length > 0;
}

/** The place of the script in a document. */
export function placeOf(container: Container, shell: ShellStart): Pick<Finding, 'document' | 'path'> {
  const { entry, command } = container.start.commandLine;
  const part = shell.at < (entry?.words.length ?? 0) ? entry : command;
  return placeOfPart(container, part) ?? { document: 'taskDefinition', path: container.path };
}

/** The edits: exec form where the script is one plain command; else `exec` before the command in the script. */
export function fixShell(container: Container, shell: ShellStart): readonly Edit[] {
  const { words: all } = container.start.commandLine;
  const inner = shell.view.replaces ? startOf({ words: shell.view.words }).shell : null;
  if (inner !== null) {
    const script = makeExecForm(inner.script, isAgentStart) ?? [
      inner.name,
      '-c',
      makeExecScript(inner.script, isAgentStart),
    ];
    return editCommandLine(container, [...all.slice(0, shell.at), ...script]);
  }
  const words = makeExecForm(shell.script, isAgentStart);
  const alone = shell.scriptAt === all.length - 1;
  if (words !== null && alone) return editCommandLine(container, [...all.slice(0, shell.at), ...words]);
  const fixed = makeExecScript(shell.script, isAgentStart);
  return editWord(container, shell.scriptAt, 1, [fixed]);
}
