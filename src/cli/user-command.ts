import { closeSync, openSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { systemClock } from '../http/clock.ts';
import { escapeControls } from '../journal/escape.ts';
import type { Reporter } from '../report/reporter.ts';
import type { Environment, Output } from './output.ts';
import type { Settings } from './settings.ts';
import type { CommandHost } from './wire.ts';

/** The command's output within its drill's folder. */
const LOG_FILE = 'command.log';
/** Bytes of output that are kept; all of it is shown. */
const KEPT_AT_MOST = 10 * 1024 * 1024;
const TAB = '    ';

/**
 * Where the user's command runs, and where its output goes: line by line to stderr, and into the drill's folder, without secrets
 * and without what could drive a terminal.
 */
export function hostCommand(
  settings: Settings,
  folder: string | null,
  environment: Environment,
  { stderr, redact }: Output,
  reporter: Pick<Required<Reporter>, 'pause' | 'resume'>,
): CommandHost {
  const keep = folder === null ? (): void => undefined : openLog(join(folder, LOG_FILE));
  return {
    environment: settings.embeddedRig ? environmentOnRig(settings, environment) : environment,
    now: systemClock.now,
    onLine(line) {
      // Colours first: they may stand in the midst of a secret.
      const shown = escapeControls(redact(stripVTControlCharacters(line)).replaceAll('\t', TAB));
      reporter.pause();
      stderr.write(`command | ${shown}\n`);
      reporter.resume();
      keep(`${shown}\n`);
    },
  };
}

/** With --rig nothing else is contacted: a command that deploys with the AWS CLI or an SDK reaches the rig, whatever the user's own settings are. */
function environmentOnRig(
  { region, ecsEndpoint, credentials, environment: ofRig }: Settings,
  environment: Environment,
): Environment {
  const own = Object.entries(environment).filter(([name]) => !/^(?:AWS|BUILDKITE)_/.test(name));
  return {
    ...Object.fromEntries(own),
    AWS_ENDPOINT_URL: ecsEndpoint ?? '',
    AWS_ENDPOINT_URL_ECS: ecsEndpoint ?? '',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    GAMEDAY_RIG_SHARED: ofRig['GAMEDAY_RIG_SHARED'] ?? '',
  };
}

/** Appends to the log until that is full, or cannot be written: the drill goes on either way. */
function openLog(path: string): (text: string) => void {
  let fd: number | null = null;
  let left = KEPT_AT_MOST;
  return (text) => {
    if (left <= 0) return;
    try {
      fd ??= openSync(path, 'a', 0o600);
      left -= Buffer.byteLength(text);
      writeSync(
        fd,
        left > 0 ? text : 'The output goes on, and is not kept: this file has reached its limit.\n',
      );
    } catch {
      left = 0;
    }
    if (left > 0 || fd === null) return;
    closeSync(fd);
    fd = null;
  };
}
