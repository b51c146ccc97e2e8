import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isOk, openApi } from './api.ts';
import type { Answer, Call } from './api.ts';
import { say } from './log.ts';

/** `buildkite-agent meta-data set|get|exists|keys`, `annotate` and `pipeline upload`, as a step calls them; resolves with the exit code. */
export async function runTool(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { words, flags } = wordsOf(argv);
  const id = flags.get('job') ?? env['BUILDKITE_JOB_ID'];
  const token = env['BUILDKITE_AGENT_ACCESS_TOKEN'];
  const endpoint = env['BUILDKITE_AGENT_ENDPOINT'];
  if (id === undefined || token === undefined || endpoint === undefined) {
    say('this command works inside a job only');
    return 1;
  }
  const post = (path: string, json: unknown): Promise<Answer> => {
    const call: Call = { method: 'POST', path: `/jobs/${id}${path}`, token, json };
    return openApi(endpoint).insist(call, 10, 1000);
  };
  const [verb = '', noun = ''] = words;
  if (verb === 'annotate') return annotate(post, noun, flags);
  if (verb === 'pipeline') return upload(post, noun, words[2]);
  return metaData(post, noun, words.slice(2));
}

type Post = (path: string, json: unknown) => Promise<Answer>;

async function annotate(post: Post, body: string, flags: ReadonlyMap<string, string>): Promise<number> {
  const answer = await post('/annotations', {
    body: body === '' ? readFileSync(0, 'utf8') : body,
    style: flags.get('style'),
    context: flags.get('context'),
    append: flags.has('append'),
  });
  return isOk(answer) ? 0 : 1;
}

/** Steps as JSON, from a file or the standard input. Variables in them stay as they are. */
async function upload(post: Post, noun: string, file: string | undefined): Promise<number> {
  if (noun !== 'upload') {
    say(`"pipeline ${noun}" is not something the stand-in agent does`);
    return 1;
  }
  try {
    const pipeline: unknown = JSON.parse(readFileSync(file ?? 0, 'utf8'));
    return isOk(await post('/pipelines', { uuid: randomUUID(), pipeline, replace: false })) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    say('the stand-in agent uploads steps that are written as JSON');
    return 1;
  }
}

async function metaData(post: Post, verb: string, [key = '', value]: readonly string[]): Promise<number> {
  switch (verb) {
    case 'set':
      return isOk(await post('/data/set', { key, value: value ?? readFileSync(0, 'utf8') })) ? 0 : 1;
    case 'get': {
      const answer = await post('/data/get', { key });
      if (!isOk(answer)) return 1;
      process.stdout.write(String(answer.body['value']));
      return 0;
    }
    case 'exists':
      // 100 is the real agent's code for a key that is not there.
      return (await post('/data/exists', { key })).body['exists'] === true ? 0 : 100;
    default:
      say(`meta-data ${verb} is not something the stand-in agent does`);
      return 1;
  }
}

function wordsOf(argv: readonly string[]): {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
} {
  const words: string[] = [];
  const flags = new Map<string, string>();
  const rest = [...argv];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const parts = /^--([a-z-]+)(?:=(.*))?$/s.exec(arg);
    if (parts?.[1] === undefined) words.push(arg);
    else flags.set(parts[1], parts[2] ?? (parts[1] === 'append' ? 'true' : (rest.shift() ?? '')));
  }
  return { words, flags };
}
