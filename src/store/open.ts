import { systemClock } from '../http/clock.ts';
import type { Sdk } from '../ecs/sdk.ts';
import { readStoreAddress } from './address.ts';
import type { Store } from './port.ts';

/** What a store on S3 takes from outside. */
export interface StoreMeans {
  /** AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL are looked at; the SDK reads its other settings itself. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Makes the clients with our rules; called for s3:// alone. */
  readonly makeSdk: () => Promise<Sdk>;
}

/** Opens the store that a person named. Throws bad-input; contacts nothing. AWS's client of S3 is loaded only for s3://. */
export async function openStore(url: string, { environment, makeSdk }: StoreMeans): Promise<Store> {
  const address = readStoreAddress(url);
  if (address.kind === 'directory') {
    const { createDirectoryStore } = await import('./directory.ts');
    return createDirectoryStore(address.path, () => systemClock.now());
  }
  const [{ createS3Store }, sdk] = await Promise.all([import('./s3.ts'), makeSdk()]);
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = environment;
  const hasEndpoint = (AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL ?? '') !== '';
  return createS3Store(sdk, { ...address, hasEndpoint }, systemClock);
}
