import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { GamedayError } from '../model/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of lock, past injections and kill switch: `GAMEDAY_STATE_DIR`, else in the XDG state home, else in `~/.local/state`. Throws bad-input where there is none of them. */
export function stateDirectoryOf(environment: Environment, findHome = homedir): string {
  const named = environment['GAMEDAY_STATE_DIR'];
  if (named !== undefined && named !== '') return named;
  const xdg = environment['XDG_STATE_HOME'];
  // By the XDG specification a relative path is ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'gameday');
  return join(environment['HOME'] || homeOfUser(findHome), '.local', 'state', 'gameday');
}

/** A container may run as a user that the system does not know: it has no home then. */
function homeOfUser(findHome: () => string): string {
  try {
    return findHome();
  } catch (cause) {
    throw new GamedayError(
      'bad-input',
      'no folder for the state: HOME is not set, and this user has no home',
      {
        cause,
        next: 'Set GAMEDAY_STATE_DIR to a folder that this user may write to and that outlasts the drill.',
      },
    );
  }
}
