// Preloaded by `--import`: makes this machine answer as one without Linux does, as far as a program can tell. The variable
// GAMEDAY_TEST_MACHINE names it. What the program asks of Linux alone is counted, into the file GAMEDAY_TEST_ASKED.
import fs from 'node:fs';
import { appendFileSync } from 'node:fs';
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

const machine = process.env.GAMEDAY_TEST_MACHINE;
const asked = process.env.GAMEDAY_TEST_ASKED;
const isWindows = machine === 'win32';
Object.defineProperty(process, 'platform', { value: machine });
// Windows knows no users by number.
if (isWindows) for (const name of ['getuid', 'geteuid', 'getgid', 'getegid']) delete process[name];

const fail = (code, path) => Object.assign(new Error(`${code}: ${path}`), { code, path });
const note = (what) => appendFileSync(asked, `${what}\n`);

/** Windows refuses these characters in a name; this is not a path of the test's own folder, which has none of them. */
const FORBIDDEN = /[<>:"|?*]/;

function check(path, flags) {
  const at = typeof path === 'string' ? path : path instanceof URL ? path.pathname : '';
  if (at.startsWith('/proc/')) throw fail('ENOENT', at);
  if (isWindows && FORBIDDEN.test(at)) {
    note(`name ${at}`);
    throw fail('EINVAL', at);
  }
  return flags;
}

const folders = new Set();
const appending = new Map();
function wrap(target, name, before, after = () => undefined) {
  const real = target[name];
  target[name] = function (...args) {
    before(...args);
    const result = real.apply(this, args);
    after(result, ...args);
    return result;
  };
}

const BY_PATH = [
  'openSync',
  'readFileSync',
  'writeFileSync',
  'statSync',
  'lstatSync',
  'readlinkSync',
  'readdirSync',
  'mkdirSync',
  'renameSync',
  'appendFileSync',
  'open',
  'readFile',
  'writeFile',
  'stat',
  'mkdir',
];
for (const name of BY_PATH) wrap(fs, name, check);
for (const name of [
  'open',
  'readFile',
  'writeFile',
  'stat',
  'readlink',
  'readdir',
  'mkdir',
  'rename',
  'link',
]) {
  const real = fs.promises[name];
  fs.promises[name] = async (...args) => {
    check(...args);
    return real.apply(fs.promises, args);
  };
}
if (isWindows) {
  wrap(
    fs,
    'openSync',
    () => undefined,
    (fd, path, flags) => {
      if (fs.fstatSync(fd).isDirectory()) folders.add(fd);
      else folders.delete(fd);
      appending.set(fd, String(flags).startsWith('a'));
    },
  );
  wrap(fs, 'fsyncSync', (fd) => {
    if (!folders.has(fd)) return;
    note('folder synced');
    throw fail('EPERM', 'a folder');
  });
  wrap(fs, 'ftruncateSync', (fd) => {
    if (appending.get(fd) === true) throw fail('EPERM', 'a file that is open for appending');
  });
}
// Programs that only Linux has are not found.
for (const name of ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'fork']) {
  const real = childProcess[name];
  childProcess[name] = (program, ...rest) => {
    note(`program ${program}`);
    const isMissing = /^(unshare|setpriv|nsenter|dash)$/.test(String(program));
    return real(isMissing ? `/nonexistent/${program}` : program, ...rest);
  };
}
syncBuiltinESMExports();
