import { get } from 'node:http';
import { sleep } from './api.ts';
import { say } from './log.ts';

const TRIES = 5;
const TRY_EVERY_MS = 2000;

/** The tags that `--tags-from-ecs-meta-data` adds; none when the endpoint stays silent, which is said and no more. */
export async function ecsTags(env: Readonly<Record<string, string | undefined>>): Promise<readonly string[]> {
  const uri = env['ECS_CONTAINER_METADATA_URI_V4'] ?? env['ECS_CONTAINER_METADATA_URI'];
  if (uri === undefined || uri === '') {
    say('no ECS metadata endpoint is named in the environment: registering without its tags');
    return [];
  }
  for (let left = TRIES; left > 0; left -= 1) {
    const [container, task] = await Promise.all([fetchJson(uri), fetchJson(`${uri}/task`)]);
    if (container !== undefined && task !== undefined) return tagsOf(container, task);
    if (left > 1) await sleep(TRY_EVERY_MS);
  }
  say('the ECS metadata endpoint does not answer: registering without its tags');
  return [];
}

type Document = Readonly<Record<string, unknown>>;

function tagsOf(container: Document, task: Document): readonly string[] {
  const limits = recordOf(container['Limits']);
  const known: readonly (readonly [string, unknown])[] = [
    ['ecs:container-name', container['DockerName']],
    ['ecs:image', container['Image']],
    ['ecs:task-arn', task['TaskARN']],
    ['ecs:launch-type', task['LaunchType']],
    ['ecs:availability-zone', task['AvailabilityZone'] === 'true' ? undefined : task['AvailabilityZone']],
    ['ecs:cpu-limit', limits['CPU'] === 0 ? undefined : limits['CPU']],
    ['ecs:memory-limit', limits['Memory'] === 0 ? undefined : limits['Memory']],
  ];
  return known
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => `${key}=${String(value)}`);
}

function recordOf(value: unknown): Document {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function fetchJson(url: string): Promise<Document | undefined> {
  return new Promise((resolve) => {
    const none = (): void => resolve(undefined);
    const outgoing = get(url, { timeout: TRY_EVERY_MS }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', none);
      incoming.on('end', () => {
        if (incoming.statusCode !== 200) {
          none();
          return;
        }
        try {
          resolve(recordOf(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
        } catch {
          none();
        }
      });
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', none);
  });
}
