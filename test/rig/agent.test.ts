import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findAgent } from '../../src/rig/agent.ts';

describe('the agent of a rig', () => {
  let folder: string;
  let real: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gameday-agent-'));
    real = join(folder, 'buildkite-agent');
    writeFileSync(real, '#!/bin/sh\necho "buildkite-agent version 3.99.0, build 1"\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it('BK-47: is the one on PATH, unless the rig file picks a manner of the stand-in', () => {
    expect(findAgent(undefined)).toEqual({ kind: 'real', path: real, version: '3.99.0' });
    expect(findAgent(undefined, 'v4')).toMatchObject({
      kind: 'stand-in',
      version: 'stand-in, v4',
      manner: 'v4',
    });
    expect(findAgent(undefined, 'silent')).toMatchObject({ kind: 'stand-in', version: 'stand-in' });
  });

  it('BK-47: is the one that was named, whatever manner the file picks', () => {
    expect(findAgent(real, 'stops-heartbeats')).toMatchObject({ kind: 'real', version: '3.99.0' });
  });
});
