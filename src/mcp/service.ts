import { readFile } from 'node:fs/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { awaitGoneClient, runCommand } from '../cli/child-command.ts';
import { answerOf } from '../cli/exit-codes.ts';
import type { Runner } from '../cli/runner.ts';
import { Described, schemaOf, wordsOf } from './command-line.ts';
import type { Input } from './command-line.ts';
import { listPages } from './pages.ts';
import { AnyDocument, isNoAnswer, textOf } from './report.ts';
import { TOOLS } from './tools.ts';
import type { Tool } from './tools.ts';

const INSTRUCTIONS = `gameday stops the Amazon ECS task that hosts a running Buildkite job and says, with evidence, whether the worker drained or the build was lost. From here nothing at Buildkite or AWS is changed: preflight, rehearse, plan and doctor come before a drill, which a person starts with \`gameday run\`. Files are named by absolute paths, and only files that are named are read. Outcomes: passed, failed (an answer, never a reason to retry), inconclusive (proves nothing). The resources explain verdicts, scenarios and schemas.`;

const Manifest = z.object({ commands: z.record(z.string(), Described) });

/** Answers an assistant over stdin and stdout until stdin closes or a signal comes. */
export async function serveAssistant(runner: Runner): Promise<void> {
  const manifest = new URL('../../oclif.manifest.json', import.meta.url);
  const { commands } = Manifest.parse(JSON.parse(await readFile(manifest, 'utf8')));
  const server = new McpServer({ name: 'gameday', version: runner.version }, { instructions: INSTRUCTIONS });
  const ending = new AbortController();
  const calls = new Set<Promise<unknown>>();
  for (const tool of TOOLS) {
    const command = commands[tool.command.join(':')];
    if (command === undefined) throw new Error(`the manifest has no command ${tool.command.join(' ')}`);
    addTool(server, tool, command, { runner, ending, calls });
  }
  for (const { uri, name, title, mimeType, read } of listPages())
    server.registerResource(name, uri, { title, mimeType }, async () => ({
      contents: [{ uri, mimeType, text: await read() }],
    }));
  const gone = awaitGoneClient();
  await server.connect(new StdioServerTransport());
  await gone;
  ending.abort();
  await Promise.allSettled(calls);
  await server.close();
  runner.finish(answerOf('clean', {}));
}

/** The server while it runs. */
interface Serving {
  readonly runner: Runner;
  readonly ending: AbortController;
  /** The calls under way. */
  readonly calls: Set<Promise<unknown>>;
}

function addTool(
  server: McpServer,
  tool: Tool,
  command: Described,
  { runner, ending, calls }: Serving,
): void {
  const about = {
    title: `gameday ${tool.command.join(' ')}`,
    description: `${tool.does ?? command.summary} ${tool.note}`,
    inputSchema: schemaOf(tool, command),
    ...(tool.isText === true ? {} : { outputSchema: AnyDocument }),
    // What a definition runs on this machine is for a person to judge.
    annotations: { readOnlyHint: tool.runsHere !== true, destructiveHint: tool.runsHere === true },
  };
  server.registerTool(tool.name, about, async (input, extra) => {
    const signal = AbortSignal.any([extra.signal, ending.signal]);
    const call = callTool(tool, input as Input, runner, tellProgress(extra), signal);
    calls.add(call);
    return call.finally(() => calls.delete(call));
  });
}

/** What a tool's request brings along, as far as progress is told. */
interface Asked {
  readonly _meta?: { readonly progressToken?: string | number | undefined } | undefined;
  sendNotification(notification: {
    readonly method: 'notifications/progress';
    readonly params: { progressToken: string | number; progress: number; message: string };
  }): Promise<void>;
}

/** Each line of the command is one step further; whoever asked for no progress is told none. */
function tellProgress({ _meta, sendNotification }: Asked): (message: string) => void {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let progress = 0;
  return (message) => {
    if (message.trim() === '') return;
    progress += 1;
    const params = { progressToken, progress, message };
    // A client that is gone needs no progress.
    sendNotification({ method: 'notifications/progress', params }).catch(() => undefined);
  };
}

async function callTool(
  tool: Tool,
  input: Input,
  { environment, output }: Runner,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<CallToolResult> {
  // Some commands write to the ledger that the environment names: here it is named by the client, to be read.
  const around = { ...environment, GAMEDAY_LEDGER: undefined };
  const ended = await runCommand(wordsOf(tool, input), around, onLine, signal);
  const printed = output.redact(ended.stdout);
  if (tool.isText === true)
    return { isError: ended.code !== 0, content: [{ type: 'text', text: printed.trim() }] };
  const document = documentIn(printed);
  if (document === null) {
    const said = output.redact(ended.tail.join('\n'));
    return { isError: true, content: [{ type: 'text', text: `the command gave no answer\n${said}` }] };
  }
  return {
    isError: isNoAnswer(document),
    content: [{ type: 'text', text: textOf(document, ended.tail.map(output.redact)) }],
    structuredContent: document,
  };
}

function documentIn(stdout: string): AnyDocument | null {
  try {
    return AnyDocument.parse(JSON.parse(stdout));
  } catch {
    return null;
  }
}
