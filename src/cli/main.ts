import { execute } from '@oclif/core/execute';
import { finishWith, guardExit, hasBegun } from './exit-codes.ts';

/** Runs the command line. `root` is the package's folder, where oclif reads package.json and the manifest. */
export function main(root: string): void {
  // The SDK's notice about future Node versions does not concern users: its version is pinned.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  // oclif looks for the user's shell, and throws if the user has no entry in /etc/passwd: in a container it may be a mere number.
  process.env['SHELL'] ??= '/bin/sh';
  guardExit();
  endWithParent();
  // No plugins: code in a user's data folder must not run with the credentials of a drill.
  const loadOptions = { root, userPlugins: false, devPlugins: false };
  // Not awaited: a closed stdout would otherwise end in "unsettled top-level await".
  void execute({ loadOptions, args: readWords(process.argv.slice(2)) }).then(() => {
    // A help page or the version is the whole answer.
    if (!hasBegun()) finishWith(0);
  });
}

/** A process that forked this one reads the answer; if it dies, nobody does, and the command ends as on SIGTERM. */
function endWithParent(): void {
  if (process.channel === undefined) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The channel alone keeps no command running.
  process.channel.unref();
}

/** `help WORDS` and `version` are words for what oclif knows as flags. */
function readWords(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') return [...rest, '--help'];
  return first === 'version' ? ['--version', ...rest] : [...argv];
}
