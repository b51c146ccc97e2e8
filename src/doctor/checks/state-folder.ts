import { blocking, ok, type Check } from '../seen.ts';

/** Lock, past injections and checksums can be kept. */
export const stateFolder: Check = {
  name: 'state-folder',
  judge({ stateFolder: folder }) {
    if (folder.ok) return [ok(`${folder.value} can be written to`)];
    return [
      blocking(folder.trouble.message, 'Set GAMEDAY_STATE_DIR to a folder that this user may write to.'),
    ];
  },
};
