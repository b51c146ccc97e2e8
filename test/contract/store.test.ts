import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/http/clock.ts';
import { createDirectoryStore } from '../../src/store/directory.ts';
import { fakeStore } from '../support/fake-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('the fake', async () => ({
  store: fakeStore(),
  absent: fakeStore({ name: 'nowhere', exists: false }),
  close: async () => undefined,
}));

storeContract('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-store-'));
  const now = (): number => systemClock.now();
  return {
    store: createDirectoryStore(join(folder, 'made', 'later'), now),
    absent: createDirectoryStore(join(folder, 'never'), now),
    close: () => rm(folder, { recursive: true }),
  };
});
