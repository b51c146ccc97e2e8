// Loaded with `--import` before the program, which knows nothing of it: the process dies by SIGKILL at one line of a journal.
// GAMEDAY_TEST_KILL_AT is `before:N`, `half:N` or `after:N`, where N is a line's number or its code, and `CODE#2` the second of that code.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const wanted = /^(before|half|after):(\d+|GD_[A-Z_]+)(?:#(\d+))?$/.exec(
  process.env['GAMEDAY_TEST_KILL_AT'] ?? '',
);
if (wanted === null) throw new Error('GAMEDAY_TEST_KILL_AT says before, half or after, and a line or a code');
const [, mode, place = '', nth = '1'] = wanted;
const { openSync, writeSync } = fs;
const journals = new Set();
let lines = 0;
let met = 0;

fs.openSync = (path, ...rest) => {
  const fd = openSync(path, ...rest);
  if (String(path).endsWith('journal.jsonl')) journals.add(fd);
  return fd;
};
fs.writeSync = (fd, bytes, ...rest) => {
  if (!journals.has(fd)) return writeSync(fd, bytes, ...rest);
  lines += 1;
  if (bytes.includes(`"code":"${place}"`)) met += 1;
  const due = /^\d+$/.test(place)
    ? lines === Number(place)
    : met === Number(nth) && bytes.includes(`"code":"${place}"`);
  if (!due) return writeSync(fd, bytes, ...rest);
  if (mode === 'half') writeSync(fd, bytes, 0, Math.floor(bytes.length / 2));
  if (mode === 'after') writeSync(fd, bytes, ...rest);
  process.kill(process.pid, 'SIGKILL');
  for (;;);
};
syncBuiltinESMExports();
