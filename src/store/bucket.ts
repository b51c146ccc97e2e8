import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { UnusableAnswerError } from '../ecs/failure.ts';
import type { Sdk } from '../ecs/sdk.ts';
import type { StoreOperation } from '../model/call.ts';
import type { StoreError } from './port.ts';
import { explainRefusal, explainTrouble, readAnswer, type S3Refusal } from './s3-errors.ts';

/** Where a bucket's documents are, and how it is reached. */
export interface S3Place {
  readonly bucket: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
  /** Whether the environment names an endpoint: another server of the same protocol, which may know no names of buckets in its own. */
  readonly hasEndpoint: boolean;
}

/** What S3 answers to one request: a value, or a refusal in its own words; an error where no such answer came. */
type Answered<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: StoreError; readonly refusal: S3Refusal | null };

type Condition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string };

interface Page {
  readonly contents: readonly { readonly Key?: string | undefined; readonly ETag?: string | undefined }[];
  readonly next: string | undefined;
}

/** One request each, about one bucket and what lies under a prefix of it. */
export interface Bucket {
  readonly name: string;
  put(key: string, text: string, condition: Condition, signal: AbortSignal): Promise<Answered<string>>;
  get(key: string, signal: AbortSignal): Promise<Answered<{ readonly text: string; readonly tag: string }>>;
  remove(key: string, tag: string, signal: AbortSignal): Promise<Answered<true>>;
  page(under: string, after: string | undefined, signal: AbortSignal): Promise<Answered<Page>>;
}

export function createBucket(sdk: Sdk, place: S3Place): Bucket {
  const { bucket, prefix } = place;
  const name = `s3://${bucket}${prefix === '' ? '' : `/${prefix.slice(0, -1)}`}`;
  const s3 = createClient(sdk, place);

  async function send<T>(
    operation: StoreOperation,
    what: string,
    signal: AbortSignal,
    work: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<Answered<T>> {
    const asked = { what, name, operation, bucket };
    const read = (abortSignal: AbortSignal): ReturnType<typeof readAnswer<T>> =>
      readAnswer(() => work(abortSignal));
    const called = await sdk.call(operation, signal, read, undefined, 'S3');
    if (!called.ok) return { ok: false, error: explainTrouble(called.failure.trouble, asked), refusal: null };
    if ('value' in called.value) return { ok: true, value: called.value.value };
    const { refusal } = called.value;
    return { ok: false, error: explainRefusal(refusal, asked), refusal };
  }

  const at = (key: string): { readonly Bucket: string; readonly Key: string } => ({
    Bucket: bucket,
    Key: `${prefix}${key}`,
  });
  return {
    name,
    put: (key, text, condition, signal) =>
      send('s3:PutObject', `write ${key} to`, signal, async (abortSignal) => {
        const input = { ...at(key), Body: text, ContentType: 'application/json', ...condition };
        const { ETag } = await s3.send(new PutObjectCommand(input), { abortSignal });
        return requireTag(ETag);
      }),
    get: (key, signal) =>
      send('s3:GetObject', `read ${key} from`, signal, async (abortSignal) => {
        const { Body, ETag } = await s3.send(new GetObjectCommand(at(key)), { abortSignal });
        return { text: (await Body?.transformToString('utf-8')) ?? '', tag: requireTag(ETag) };
      }),
    remove: (key, tag, signal) =>
      send('s3:DeleteObject', `remove ${key} from`, signal, async (abortSignal) => {
        await s3.send(new DeleteObjectCommand({ ...at(key), IfMatch: tag }), { abortSignal });
        return true as const;
      }),
    page: (under, after, signal) =>
      send('s3:ListBucket', 'list', signal, async (abortSignal) => {
        const input = { Bucket: bucket, Prefix: `${prefix}${under}` };
        const from = after === undefined ? {} : { ContinuationToken: after };
        const answer = await s3.send(new ListObjectsV2Command({ ...input, ...from }), { abortSignal });
        if (answer.IsTruncated === undefined) throw new UnusableAnswerError('no listing');
        return { contents: answer.Contents ?? [], next: answer.NextContinuationToken };
      }),
  };
}

/** AWS's client of S3, with the credentials, the handler and the rules of the client of ECS. */
function createClient(sdk: Sdk, { hasEndpoint }: S3Place): S3Client {
  const { reads: s3 } = sdk.neighbours(
    (config) =>
      new S3Client({
        ...config,
        followRegionRedirects: true,
        // Servers of the same protocol often lack the newer checksums; TLS and a document's own sum guard it as well.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        ...(hasEndpoint ? { forcePathStyle: true } : {}),
      }),
  );
  // The handler hands over whole bodies within its limits; this client expects a stream.
  s3.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { body?: unknown };
      if (response.body instanceof Uint8Array) response.body = Readable.from([response.body]);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'gamedayStream' },
  );
  return s3;
}

/** The ETag, which every answer of S3 about an object has. */
function requireTag(tag: string | undefined): string {
  if (tag === undefined || tag === '') throw new UnusableAnswerError('no ETag');
  return tag;
}
