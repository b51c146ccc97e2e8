import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder of lock, past injections and kill switch: `GAMEDAY_STATE_DIR`, else in the XDG state home, else in `~/.local/state`. */
export function stateDirectoryOf(environment: Environment): string {
  const named = environment['GAMEDAY_STATE_DIR'];
  if (named !== undefined && named !== '') return named;
  const xdg = environment['XDG_STATE_HOME'];
  // By the XDG specification a relative path is ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'gameday');
  return join(environment['HOME'] ?? homedir(), '.local', 'state', 'gameday');
}
