import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment, ROOT } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { inFolder, surroundings } from './support/case.ts';
import { standing } from './support/standing.ts';

const BIN = join(ROOT, 'bin/run.js');
const BEFORE = join(ROOT, 'scenarios/incident/before.json');
/** Operations that change nothing; the rig counts every request by its operation. */
const READ = /^(Describe|List|Get)|^(AssumeRole|DecodeAuthorizationMessage)$/;
/** Operations of ours that change something at Buildkite. */
const MUTATIONS = [
  ...readFileSync(join(ROOT, 'src/buildkite/operations.graphql'), 'utf8').matchAll(/^mutation (\w+)/gm),
].map(([, name]) => name);
/** No engine is asked, whatever this machine has. */
const HERE = { GAMEDAY_DOCKER: '/nonexistent/docker' };
const PATIENT = { timeout: 240_000 };

/** An assistant's client, connected to `gameday mcp` in a folder. */
interface Assistant {
  readonly client: Client;
  readonly pid: number;
  /** What the server wrote that is no message of the protocol. */
  readonly strange: readonly Error[];
  call(name: string, given?: Readonly<Record<string, unknown>>): Promise<CallToolResult>;
}

async function withAssistant(
  folder: string,
  env: Readonly<Record<string, string>>,
  work: (assistant: Assistant) => Promise<void>,
): Promise<void> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [BIN, 'mcp'],
    cwd: folder,
    env: cleanEnvironment({ ...surroundings(folder), ...HERE, ...env }),
  });
  const client = new Client({ name: 'test', version: '1.0.0' });
  const strange: Error[] = [];
  client.onerror = (error) => strange.push(error);
  await client.connect(transport);
  try {
    await work({
      ...{ client, strange, pid: transport.pid ?? -1 },
      call: async (name, given = {}) =>
        CallToolResultSchema.parse(await client.callTool({ name, arguments: given }, undefined, PATIENT)),
    });
  } finally {
    await client.close();
  }
}

function textOf({ content: [first] }: CallToolResult): string {
  return first?.type === 'text' ? first.text : '';
}

/** Begins a rehearsal; resolves when a job of it runs on a worker, with the answer that is still to come. */
async function rehearseUntilBusy(
  { client }: Assistant,
  signal: AbortSignal,
): Promise<{ readonly answer: Promise<unknown> }> {
  const told: { readonly progress: number; readonly message: string }[] = [];
  const given = { file: BEFORE, yes: true, out: 'out' };
  const answer = client.callTool({ name: 'rehearse', arguments: given }, undefined, {
    ...{ ...PATIENT, signal },
    onprogress: ({ progress, message = '' }) => told.push({ progress, message }),
  });
  answer.catch(() => undefined);
  await until('a running job', async () =>
    told.some(({ message }) => message.includes('step rehearsal runs')),
  );
  expect(told.map(({ progress }) => progress)).toEqual(told.map((_, index) => index + 1));
  return { answer };
}

async function rigsIn(folder: string): Promise<number> {
  return (await processesWith(join(folder, 'out'))).length;
}

describe.concurrent('gameday mcp', () => {
  test('walked through every tool, nothing changes at Buildkite or AWS', async () => {
    const steps = [{ key: 'integration', command: 'true' }];
    await standing({ steps }, async ({ folder, env, counts, state }) => {
      const [scenario, ledger] = [join(folder, 'scenario.yaml'), join(folder, 'ledger')];
      const where = { cluster: 'build-prod', service: 'build-agents' };
      const CALLS: Readonly<Record<string, readonly [given: object, outcome: string]>> = {
        preflight: [where, 'clean'],
        rehearse: [{ file: BEFORE }, 'refused'],
        plan: [{ files: [scenario] }, 'planned'],
        doctor: [{ files: [scenario] }, 'clean'],
        validate: [{ files: [scenario] }, 'planned'],
        // The pipeline has no past; it is asked all the same.
        forecast: [{ pipeline: 'acme/canary' }, 'bad-input'],
        losses: [{ pipeline: ['acme/canary'], ...where }, 'listed'],
        drills_list: [{}, 'listed'],
        drills_judge: [{ drill: 'none' }, 'bad-input'],
        drills_show: [{ drill: 'none' }, 'bad-input'],
        drills_report: [{ drill: 'none' }, 'there is no drill "none"'],
      };
      await withAssistant(folder, { ...env, GAMEDAY_LEDGER: ledger }, async (assistant) => {
        const { tools } = await assistant.client.listTools();
        expect(tools.map(({ name }) => name)).toEqual(Object.keys(CALLS));
        // What an assistant reads first must not say that it stops something.
        for (const { name, description = '', annotations } of tools) {
          expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z][^.]{20,}\. [A-Z]/)]);
          expect([name, description.startsWith('Stop'), annotations?.readOnlyHint]).toEqual([
            ...[name, name === 'rehearse', name !== 'rehearse'],
          ]);
        }
        for (const [name, [given, outcome]] of Object.entries(CALLS)) {
          const answer = await assistant.call(name, { ...given });
          const isText = name === 'drills_report';
          expect([name, answer.structuredContent?.['outcome'], textOf(answer)]).toEqual([
            ...[name, isText ? undefined : outcome, expect.stringContaining(outcome)],
          ]);
          const whole = JSON.stringify(answer);
          for (const secret of [env['BUILDKITE_API_TOKEN'], env['AWS_SECRET_ACCESS_KEY']])
            expect(whole).not.toContain(secret ?? '');
        }
        expect(assistant.strange).toEqual([]);
      });
      const asked = await counts();
      expect(Object.keys(asked.ecs)).toContain('DescribeTasks');
      // The rig's own agents speak to /v3.
      const sent = Object.keys(asked.buildkite).filter((name) => !/^[A-Z]+ \/v3\//.test(name));
      expect(sent).toEqual(expect.arrayContaining(['Pipeline', 'PastJobs']));
      expect(
        sent.filter((name) => MUTATIONS.includes(name) || /^(POST|PUT|PATCH|DELETE) /.test(name)),
      ).toEqual([]);
      expect((await state()).builds).toEqual([]);
      expect(Object.keys(asked.ecs).filter((name) => !READ.test(name))).toEqual([]);
      expect(asked.stopTaskLanded).toEqual({});
      expect(existsSync(ledger)).toBe(false);
    });
  });

  test('an error is a tool error with its next step, and a person has to agree to a rehearsal', async () => {
    await inFolder(async (folder) => {
      await withAssistant(folder, {}, async ({ call }) => {
        const missing = await call('preflight', { 'task-definition': 'none.json' });
        expect(missing.isError).toBe(true);
        expect(textOf(missing)).toContain('none.json cannot be read: there is no such file: Name a file');
        const refused = await call('rehearse', { file: BEFORE });
        expect(refused).toMatchObject({ isError: true, structuredContent: { exitCode: 3 } });
        expect(textOf(refused)).toContain('/bin/sh -c buildkite-agent start --tags-from-ecs-meta-data');
        const unknown = await call('plan', { files: ['a.yaml'], yes: true });
        expect([unknown.isError, textOf(unknown)]).toEqual([true, expect.stringContaining('yes')]);
        const failed = await call('preflight', { 'task-definition': BEFORE });
        expect(failed).toMatchObject({
          isError: false,
          structuredContent: { outcome: 'failed', exitCode: 10 },
        });
        expect(textOf(failed)).toContain('error: shell-form');
      });
    });
  });

  test('a stored drill is reported as Markdown', async () => {
    await inFolder(async (folder) => {
      await cp(join(ROOT, 'docs/pictures/before.jsonl'), join(folder, 'journal.jsonl'));
      await withAssistant(folder, {}, async ({ call }) => {
        const answer = await call('drills_report', { drill: 'journal.jsonl' });
        expect([answer.isError, textOf(answer)]).toEqual([false, expect.stringMatching(/^### FAILED: lost/)]);
        const missing = await call('drills_report', { drill: 'none.jsonl' });
        expect([missing.isError, textOf(missing)]).toEqual([true, expect.stringContaining('none.jsonl')]);
      });
    });
  });

  test("a file that is none of gameday's is named with the place of the mistake, and not quoted", async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'credentials');
      const secrets = ['AKIAHIDDEN', 'hidden/secret+value'];
      await writeFile(
        file,
        `[default]\naws_access_key_id = ${secrets[0]}\naws_secret_access_key = ${secrets[1]}\n`,
      );
      const task = { 'task-definition': BEFORE };
      const CALLS: readonly (readonly [name: string, given: object])[] = [
        ['preflight', { 'task-definition': file }],
        ...['pipeline', 'image-config', 'dockerfile', 'hooks', 'history'].map(
          (flag) => ['preflight', { ...task, [flag]: file }] as const,
        ),
        ['rehearse', { file }],
        ['rehearse', { file: BEFORE, pipeline: file }],
        ...['plan', 'doctor', 'validate'].map((name) => [name, { files: [file] }] as const),
        ['forecast', { history: file }],
        ['forecast', { durations: '5m', ...task, drains: [file] }],
        ...['judge', 'show', 'report'].map((name) => [`drills_${name}`, { drill: file }] as const),
      ];
      await withAssistant(folder, {}, async ({ call }) => {
        const answers = await Promise.all(
          CALLS.map(async ([name, given]) => [name, await call(name, { ...given })] as const),
        );
        for (const [name, answer] of answers) {
          const whole = JSON.stringify(answer);
          expect([name, answer.isError, textOf(answer)]).toEqual([
            ...[name, true, expect.stringContaining('credentials')],
          ]);
          for (const secret of secrets) expect(whole, name).not.toContain(secret);
        }
      });
    });
  });

  test('the schemas and the pages are resources', async () => {
    await inFolder(async (folder) => {
      await withAssistant(folder, {}, async ({ client }) => {
        const { resources } = await client.listResources();
        const uris = resources.map(({ uri }) => uri);
        expect(uris).toEqual(
          expect.arrayContaining([
            ...['scenario', 'result', 'forecast', 'rehearsal'].map((name) => `gameday://schemas/${name}`),
            ...['reference/verdicts', 'reference/scenario', 'how-to/read-a-verdict'].map(
              (name) => `gameday://docs/${name}`,
            ),
          ]),
        );
        for (const uri of uris) {
          const [content] = (await client.readResource({ uri })).contents;
          const text = content !== undefined && 'text' in content ? content.text : '';
          if (uri.startsWith('gameday://schemas/')) expect(JSON.parse(text)).toHaveProperty('$schema');
          else expect(text).toMatch(/^# /);
        }
        await expect(client.readResource({ uri: 'gameday://docs/../package' })).rejects.toThrow('not found');
      });
    });
  });

  test('a rehearsal that is cancelled leaves no process, and the server answers on', async () => {
    await inFolder(async (folder) => {
      await withAssistant(folder, {}, async (assistant) => {
        const stop = new AbortController();
        const { answer } = await rehearseUntilBusy(assistant, stop.signal);
        expect(await rigsIn(folder)).toBeGreaterThan(0);
        stop.abort();
        await expect(answer).rejects.toThrow();
        await until('the end of the rigs', async () => (await rigsIn(folder)) === 0);
        expect((await assistant.call('drills_list', { out: 'out' })).isError).toBe(false);
      });
    });
  });

  // inFolder waits until every process is gone.
  test('a server that is killed leaves no rehearsal behind', async () => {
    await inFolder(async (folder) => {
      await withAssistant(folder, {}, async (assistant) => {
        await rehearseUntilBusy(assistant, new AbortController().signal);
        process.kill(assistant.pid, 'SIGKILL');
        await until('the end of the rigs', async () => (await rigsIn(folder)) === 0);
      });
    });
  });

  test('it ends with 0 when stdin closes, and has written nothing that is no message', async () => {
    await inFolder(async (folder) => {
      const child = spawn(process.execPath, [BIN, 'mcp'], {
        ...{ cwd: folder, env: cleanEnvironment(surroundings(folder)) },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
      child.stdin.end();
      expect(await once(child, 'close')).toEqual([0, null]);
      expect(stdout).toBe('');
    });
  });
});
