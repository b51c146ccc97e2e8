import { createHash } from 'node:crypto';
import { DIGEST_PREFIX } from '../../src/model/secret-looks.ts';
import type { Digest } from '../../src/model/secret-looks.ts';

/** A digest without a key: tests can say beforehand what stands in a secret's place. */
export const testDigest: Digest = (value) =>
  `${DIGEST_PREFIX}${createHash('sha256').update(value).digest('hex').slice(0, 12)}`;
