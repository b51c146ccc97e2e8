// Loaded with `--import` before the program, which knows nothing of it: once, right after a journal's line of the code in
// GAMEDAY_TEST_FREEZE_AT is written, the process stops itself with SIGSTOP. Somebody else lets it go on.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const code = process.env['GAMEDAY_TEST_FREEZE_AT'];
const { writeSync } = fs;
let isDue = true;

fs.writeSync = (fd, bytes, ...rest) => {
  const written = writeSync(fd, bytes, ...rest);
  if (isDue && bytes.includes(`"code":"${code}"`)) {
    isDue = false;
    process.kill(process.pid, 'SIGSTOP');
  }
  return written;
};
syncBuiltinESMExports();
