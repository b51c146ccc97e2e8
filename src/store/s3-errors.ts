import { z } from 'zod';
import { toOneLine } from '../http/trouble.ts';
import type { Trouble } from '../model/answer.ts';
import type { StoreOperation } from '../model/call.ts';
import type { StoreError } from './port.ts';

/** A refusal in S3's own words. */
export interface S3Refusal {
  readonly status: number;
  readonly name: string;
  readonly said: string;
  /** Where the bucket is, if it is elsewhere. */
  readonly region: string | null;
}

/** What was asked for, and where. */
export interface Asked {
  /** As in "could not write KEY to". */
  readonly what: string;
  readonly name: string;
  readonly operation: StoreOperation;
  readonly bucket: string;
}

const Refused = z.object({
  name: z.string(),
  message: z.string(),
  Region: z.string().optional(),
  $metadata: z.object({ httpStatusCode: z.number() }),
  $response: z.object({ headers: z.record(z.string(), z.string()) }).optional(),
});

/** Amazon S3 API Reference, "Error responses". What is not named here is told as the errors of other services are. */
const OURS =
  /^(NoSuchKey|NoSuchBucket|NotFound|PreconditionFailed|ConditionalRequestConflict|OperationAborted|PermanentRedirect|TemporaryRedirect|Redirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|NotImplemented|InvalidBucketName|KeyTooLongError|301|307|409|412)$/;

/** Does what asks S3; a refusal that this room understands comes back as a value. */
export async function readAnswer<T>(
  ask: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly refusal: S3Refusal }> {
  try {
    return { value: await ask() };
  } catch (error) {
    const parsed = Refused.safeParse(error);
    if (!parsed.success) throw error;
    const { name, message, Region, $metadata, $response } = parsed.data;
    const status = $metadata.httpStatusCode;
    if (!OURS.test(name) && ![301, 307, 404, 409, 412, 501].includes(status)) throw error;
    const region = $response?.headers['x-amz-bucket-region'] ?? Region ?? null;
    return { refusal: { status, name, said: toOneLine(message), region } };
  }
}

/** The error of a refusal: what failed, on what, whose move it is. */
export function explainRefusal(refusal: S3Refusal, { what, name, bucket }: Asked): StoreError {
  const { status, said, region } = refusal;
  const because = `(${refusal.name}, HTTP ${String(status)}: ${said})`;
  const failed = `could not ${what} ${name}`;
  if (refusal.name === 'NoSuchBucket')
    return {
      kind: 'missing',
      message: `${failed}: there is no bucket ${bucket} ${because}`,
      next: 'Create the bucket, or correct its name.',
    };
  if ([301, 307].includes(status) || /Redirect|Malformed|Location/.test(refusal.name)) {
    const where = region === null ? 'in another region' : `in region ${region}`;
    const set = region === null ? "the bucket's region" : region;
    return {
      kind: 'broken',
      message: `${failed}: the bucket ${bucket} is ${where} ${because}`,
      next: `Use a bucket in the region of the cluster, or set AWS_ENDPOINT_URL_S3 to the endpoint of ${set}.`,
    };
  }
  if (status === 409)
    return {
      kind: 'away',
      message: `${failed}: others wrote there each time that it was tried ${because}`,
      next: 'Do it again in a minute.',
    };
  if (status === 501)
    return {
      kind: 'broken',
      message: `${failed}: this server does not know conditional writes ${because}`,
      next: 'Use a server that honours If-None-Match and If-Match, as Amazon S3 does, or a folder.',
    };
  return {
    kind: 'broken',
    message: `${failed} ${because}`,
    next: 'Look at the bucket and the server of S3.',
  };
}

/** What each kind of trouble is for a store, and whose move it is. */
const KINDS: Readonly<Record<Trouble['kind'], readonly [StoreError['kind'], string]>> = {
  denied: ['denied', ''],
  unauthorized: [
    'denied',
    'Give valid AWS credentials: by variables, a profile, or the role of this machine.',
  ],
  unreachable: ['away', 'Look at the network, the proxy and AWS_ENDPOINT_URL_S3, then do it again.'],
  timeout: ['away', 'Do it again; if it lasts, look at the network and the server of S3.'],
  'rate-limited': ['away', 'Do it again in a minute: S3 asks for fewer requests.'],
  'server-error': ['away', 'Do it again in a minute: the server of S3 failed.'],
  'not-found': ['missing', 'Create the bucket, or correct its name.'],
  refused: ['broken', 'Look at the bucket, its region and the endpoint.'],
  garbage: ['broken', 'Look at AWS_ENDPOINT_URL_S3: what answers there does not speak as S3 does.'],
  aborted: ['away', 'Nothing: it was interrupted.'],
  outdated: ['away', 'Do it again.'],
  unwritable: ['broken', 'Look at the bucket.'],
};

/** The error of trouble that every service of AWS can give. */
export function explainTrouble(
  { kind, message }: Trouble,
  { what, name, operation, bucket }: Asked,
): StoreError {
  const [own, next] = KINDS[kind];
  const grant = `Grant ${operation} on ${bucket} to this role or user, or have its owner do so.`;
  return { kind: own, message: `could not ${what} ${name}: ${message}`, next: next === '' ? grant : next };
}
