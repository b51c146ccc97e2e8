import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where lock, ledger and kill switch lie: `GAMEDAY_STATE_DIR`, else the XDG state home, else `~/.local/state`. */
export function stateDirectory(environment: Environment): string {
  const named = environment['GAMEDAY_STATE_DIR'];
  if (named !== undefined && named !== '') return named;
  const xdg = environment['XDG_STATE_HOME'];
  // The XDG specification says that a relative path in it is to be ignored.
  if (xdg?.startsWith('/') === true) return join(xdg, 'gameday');
  return join(environment['HOME'] ?? homedir(), '.local', 'state', 'gameday');
}
