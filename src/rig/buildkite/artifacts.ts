import type { Context, Hono } from 'hono';
import { denied, tokenOf, withJob } from './agent-auth.ts';
import { bodyOf, textField } from './body.ts';
import type { Book } from './book.ts';
import { newUuid } from './ids.ts';
import { serverNow } from './model.ts';
import type { Artifact, Build, Job, World } from './model.ts';
import { fits } from '../wildcard.ts';

/** Where the files themselves are put and fetched; the address of one is not to be guessed. */
const STORE = '/artifact-store';

/** An agent announces artifacts in batches, uploads each as a form, and says which are finished (BK-56). */
export function addArtifactRoutes(api: Hono, world: World, book: Book): void {
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  withJob(api, world, book, 'post', '/jobs/:id/artifacts', async (c, job) => {
    const body = await bodyOf(c);
    const batch = textField(body, 'id') ?? newUuid();
    const listed: readonly unknown[] = Array.isArray(body['artifacts']) ? body['artifacts'] : [];
    const made = listed.map((one) => makeArtifact(world, job, batch, one));
    job.build.artifacts.push(...made);
    const action = { url: world.url, method: 'POST', path: `v3${STORE}`, file_input: 'file' };
    return c.json(
      {
        id: batch,
        artifact_ids: made.map(({ uuid }) => uuid),
        // The agent puts the path of each file in the place of the variable.
        upload_instructions: { data: { batch, path: '${artifact:path}' }, action },
      },
      201,
    );
  });
  withJob(api, world, book, 'put', '/jobs/:id/artifacts', async (c, job) => {
    const body = await bodyOf(c);
    const listed: readonly unknown[] = Array.isArray(body['artifacts']) ? body['artifacts'] : [];
    for (const raw of listed) {
      const change = recordOf(raw);
      const artifact = job.build.artifacts.find(({ uuid }) => uuid === change['id']);
      if (artifact !== undefined) artifact.state = textField(change, 'state') ?? 'error';
    }
    return c.json({});
  });
  api.post(STORE, async (c) => {
    const form = await c.req.parseBody();
    const [batch, path, file] = [form['batch'], form['path'], form['file']];
    const all = [...world.builds.values()].flatMap(({ artifacts }) => artifacts);
    const artifact = all.find((one) => one.batch === batch && one.path === path);
    if (artifact === undefined || !(file instanceof File)) return c.json({ message: 'Not found' }, 404);
    contents.set(artifact.uuid, new Uint8Array(await file.arrayBuffer()));
    return c.body(null, 204);
  });
  api.get(`${STORE}/:id`, (c) => {
    const content = contents.get(c.req.param('id'));
    return content === undefined ? c.json({ message: 'Not found' }, 404) : c.body(content);
  });
  api.get('/builds/:id/artifacts/search', (c) => {
    book.count('GET /v3/builds/:id/artifacts/search');
    const build = world.builds.get(c.req.param('id'));
    const isJob = [...world.jobs.values()].some(({ token, agent }) =>
      [token, agent?.token].includes(tokenOf(c)),
    );
    if (!isJob) return denied(c, book);
    return build === undefined
      ? c.json({ message: 'No build found' }, 404)
      : c.json(search(build, c).map((one) => documentOf(world, one)));
  });
}

function makeArtifact(world: World, job: Job, batch: string, raw: unknown): Artifact {
  const said = recordOf(raw);
  return {
    uuid: newUuid(),
    ...{ batch, job, state: 'new', createdAt: serverNow(world) },
    path: textField(said, 'path') ?? '',
    absolutePath: textField(said, 'absolute_path') ?? '',
    globPath: textField(said, 'glob_path') ?? '',
    size: Number(said['file_size'] ?? 0),
    sha1: textField(said, 'sha1sum') ?? '',
    sha256: textField(said, 'sha256sum') ?? '',
  };
}

/** Those of jobs that were retried only if they are asked for; of one path the latest, unless duplicates are asked for. */
function search(build: Build, c: Context): readonly Artifact[] {
  const { query = '*', scope = '', state = '' } = c.req.query();
  const isOn = (name: string): boolean => c.req.query(name) === 'true';
  const found = build.artifacts.filter(
    (one) =>
      (fits(query, one.path) || fits(query.replaceAll('**/', ''), one.path)) &&
      (scope === '' || [one.job.uuid, one.job.label, one.job.step.key].includes(scope)) &&
      (state === '' || one.state === state) &&
      (!one.job.retried || isOn('include_retried_jobs')),
  );
  if (isOn('include_duplicates')) return found;
  return [...new Map(found.map((one) => [one.path, one])).values()];
}

function documentOf(world: World, artifact: Artifact): Readonly<Record<string, unknown>> {
  return {
    id: artifact.uuid,
    path: artifact.path,
    absolute_path: artifact.absolutePath,
    glob_path: artifact.globPath,
    file_size: artifact.size,
    sha1sum: artifact.sha1,
    sha256sum: artifact.sha256,
    job_id: artifact.job.uuid,
    created_at: new Date(artifact.createdAt).toISOString(),
    url: addressOf(world, artifact),
    upload_destination: '',
  };
}

/** Where the content of an artifact is fetched, without any token. */
export function addressOf(world: World, { uuid }: Pick<Artifact, 'uuid'>): string {
  return `${world.url}/v3${STORE}/${uuid}`;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
