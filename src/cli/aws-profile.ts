import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './output.ts';

/**
 * The region of the AWS profile in use, where no variable sets one. The SDK reads it only at the first call; a missing
 * region must be reported before anything is contacted.
 */
export async function regionOfProfile(environment: Environment): Promise<string | null> {
  if (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION']) return null;
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const folder = join(environment['HOME'] || homedir(), '.aws');
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    configFilepath: environment['AWS_CONFIG_FILE'] || join(folder, 'config'),
    filepath: environment['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials'),
    ignoreCache: true,
  });
  const profile = environment['AWS_PROFILE'] || 'default';
  return configFile[profile]?.['region'] ?? credentialsFile[profile]?.['region'] ?? null;
}
