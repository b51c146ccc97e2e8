import { GamedayError } from '../model/errors.ts';

/** Where a store is. */
export type StoreAddress =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

/** Amazon S3 User Guide, "General purpose bucket naming rules". */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX_PART = /^[A-Za-z0-9_][A-Za-z0-9._=+@-]*$/;

/** Reads what a person wrote: a path, `file://`, or `s3://bucket/prefix`. Throws bad-input, before anything is contacted. */
export function readStoreAddress(text: string): StoreAddress {
  const cut = /^(s3|file):(?!\/\/)/i.exec(text)?.[1]?.toLowerCase();
  if (cut !== undefined)
    throw new GamedayError(
      'bad-input',
      `${JSON.stringify(text)} lacks a slash: an address begins with ${cut}://`,
      {
        next: `Write it as ${cut === 's3' ? 's3://BUCKET/PREFIX' : 'file:///PATH'}. A folder of that name is given as ./${text}`,
      },
    );
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase() ?? null;
  if (scheme === null && text.trim() !== '') return { kind: 'directory', path: text };
  if (scheme === 'file') return { kind: 'directory', path: readFileUrl(text) };
  if (scheme === 's3') return readS3Address(text);
  const what = scheme === null ? 'an empty text names no store' : `${scheme}:// names no store`;
  throw new GamedayError('bad-input', what, { next: 'Name a folder, or s3://BUCKET/PREFIX.' });
}

function readFileUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.host === '' && url.pathname !== '/' && url.search === '' && url.hash === '')
    return decodeURIComponent(url.pathname);
  throw new GamedayError('bad-input', `${JSON.stringify(text)} names no folder of this machine`, {
    next: 'Write it as file:///PATH, or as a path.',
  });
}

function readS3Address(text: string): StoreAddress {
  const [bucket = '', ...rest] = text.slice('s3://'.length).split('/');
  const parts = rest.at(-1) === '' ? rest.slice(0, -1) : rest;
  if (!BUCKET.test(bucket) || bucket.includes('..')) {
    const has = text.includes('@') || bucket.includes(':');
    throw new GamedayError('bad-input', `s3:// is not followed by the name of a bucket`, {
      next: `Write it as s3://BUCKET/PREFIX${has ? '; credentials and endpoints come from AWS_* variables or a profile' : ''}.`,
    });
  }
  if (!parts.every((part) => PREFIX_PART.test(part)) || parts.join('/').length > 100) {
    throw new GamedayError('bad-input', `the prefix after s3://${bucket}/ cannot be used`, {
      next: 'Use parts of letters, digits and . _ = + @ - between slashes, a hundred characters at the most.',
    });
  }
  return { kind: 's3', bucket, prefix: parts.map((part) => `${part}/`).join('') };
}
