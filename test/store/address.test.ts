import { describe, expect, test } from 'vitest';
import { readStoreAddress } from '../../src/store/address.ts';

describe('where a store is', () => {
  test.each([
    ['ledger', { kind: 'directory', path: 'ledger' }],
    ['/var/lib/gameday', { kind: 'directory', path: '/var/lib/gameday' }],
    ['./a b', { kind: 'directory', path: './a b' }],
    ['file:///srv/a%20b', { kind: 'directory', path: '/srv/a b' }],
    ['s3://games', { kind: 's3', bucket: 'games', prefix: '' }],
    ['s3://games/', { kind: 's3', bucket: 'games', prefix: '' }],
    ['s3://games/acme/ledger', { kind: 's3', bucket: 'games', prefix: 'acme/ledger/' }],
    ['S3://my.games.2026/acme/', { kind: 's3', bucket: 'my.games.2026', prefix: 'acme/' }],
  ])('%s', (text, address) => {
    expect(readStoreAddress(text)).toEqual(address);
  });

  test.each([
    '',
    ' ',
    's3://',
    's3:///prefix',
    's3://AB/x',
    's3://user:secret@bucket/x',
    's3://a..b/x',
    's3://games/../other',
    's3://games/a//b',
    's3://games/?region=x',
    'https://games.s3.amazonaws.com/x',
    'gs://games/x',
    'file://host/share',
    'file:///',
  ])('%j is bad input, and no part of it that may be secret is repeated', (text) => {
    expect(() => readStoreAddress(text)).toThrow(expect.objectContaining({ reason: 'bad-input' }));
    expect(() => readStoreAddress(text)).not.toThrow(/secret/);
  });
});
