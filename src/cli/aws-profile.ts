import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './output.ts';

/**
 * The region of the AWS profile in use, where no variable sets one. The SDK reads it only at the first call; a missing
 * region must be reported before anything is contacted.
 */
export function regionOfProfile(environment: Environment): string | null {
  if (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION']) return null;
  const profile = environment['AWS_PROFILE'] || 'default';
  const home = environment['HOME'] || homedir();
  const config = environment['AWS_CONFIG_FILE'] || join(home, '.aws', 'config');
  const credentials = environment['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws', 'credentials');
  const names = profile === 'default' ? ['default', 'profile default'] : [`profile ${profile}`];
  return regionIn(config, names) ?? regionIn(credentials, [profile]);
}

function regionIn(path: string, sections: readonly string[]): string | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) inside = sections.includes(section.replaceAll(/\s+/g, ' '));
    const region = /^region\s*=\s*(\S+)/.exec(line)?.[1];
    if (inside && region !== undefined) return region;
  }
  return null;
}
