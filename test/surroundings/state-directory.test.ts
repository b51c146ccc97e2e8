import { expect, test } from 'vitest';
import { stateDirectoryOf } from '../../src/surroundings/state-directory.ts';

const home = () => '/home/of-user';
/** What Node's homedir throws for a user that the system does not know. */
const homeless = (): string => {
  throw Object.assign(new Error('uv_os_homedir returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' });
};

test.each([
  [{ GAMEDAY_STATE_DIR: '/state', HOME: '/home/me' }, '/state'],
  [{ XDG_STATE_HOME: '/xdg', HOME: '/home/me' }, '/xdg/gameday'],
  [{ XDG_STATE_HOME: 'relative', HOME: '/home/me' }, '/home/me/.local/state/gameday'],
  [{}, '/home/of-user/.local/state/gameday'],
  [{ HOME: '' }, '/home/of-user/.local/state/gameday'],
])('%j keeps the state in %s', (environment, folder) => {
  expect(stateDirectoryOf(environment, home)).toBe(folder);
});

test('without a home the state needs a folder that somebody names', () => {
  expect(() => stateDirectoryOf({}, homeless)).toThrow('HOME is not set, and this user has no home');
  expect(stateDirectoryOf({ GAMEDAY_STATE_DIR: '/state' }, homeless)).toBe('/state');
});
