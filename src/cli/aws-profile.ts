import { homedir } from 'node:os';
import { join } from 'node:path';
import { findMeantRegion } from '../scenario/place-checks.ts';
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

/**
 * Why a region cannot be meant: the SDK's partitions do not have it. Without this check a typing error shows as a name that
 * cannot be resolved; an endpoint of one's own answers for any region, so that there only a misspelt word is refused. Null if
 * it can be meant.
 */
export async function explainUnknownRegion(
  region: string,
  hasEndpoint: boolean,
): Promise<{ readonly said: string; readonly next: string } | null> {
  const misspelt = findMeantRegion(region);
  if (misspelt !== null)
    return { said: `AWS has no region ${JSON.stringify(region)}`, next: `Did you mean ${misspelt}?` };
  if (hasEndpoint) return null;
  const { partition } = await import('@aws-sdk/core/client');
  // Of a region that it knows by name, and not by its pattern alone, the SDK gives a description.
  const isKnown = (name: string): boolean => 'description' in partition(name);
  if (isKnown(region)) return null;
  const meant = listNearWords(region.toLowerCase()).find(isKnown);
  const hint = meant === undefined ? '' : `; ${meant} is one`;
  return {
    said: `AWS has no region ${JSON.stringify(region)}, as far as this version of gameday knows${hint}`,
    next: 'Correct it. If the region is newer than gameday, set AWS_ENDPOINT_URL_ECS to its endpoint.',
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789-';

/** All words that one typing error can have made into this one, and the word itself. */
function listNearWords(word: string): readonly string[] {
  const places = [...Array.from(word, (_, at) => at), word.length];
  return places.flatMap((at) => {
    const [head, tail] = [word.slice(0, at), word.slice(at)];
    const letters = Array.from(LETTERS);
    return [
      word,
      `${head}${tail.charAt(1)}${tail.charAt(0)}${tail.slice(2)}`,
      `${head}${tail.slice(1)}`,
      ...letters.flatMap((letter) => [`${head}${letter}${tail}`, `${head}${letter}${tail.slice(1)}`]),
    ];
  });
}
