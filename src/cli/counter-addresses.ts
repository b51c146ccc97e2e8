import { endpointOf } from '../http/endpoint.ts';
import { GamedayError } from '../model/errors.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import type { InputError } from '../scenario/problem.ts';

/**
 * The counters whose address is not valid or not allowed: under --rig nothing but this machine is contacted. Plain http is
 * allowed, for no credentials of ours are sent there.
 */
export function findWrongAddresses(
  { scenario, file }: Pick<LoadedScenario, 'scenario' | 'file'>,
  loopbackOnly: boolean,
): readonly InputError[] {
  return Object.entries(scenario.expect.containers).flatMap(([name, { flushed }]) => {
    try {
      if (flushed?.url !== undefined)
        endpointOf(`expect.containers.${name}.flushed.url`, flushed.url, {
          allowInsecure: true,
          loopbackOnly,
        });
      return [];
    } catch (error) {
      if (!(error instanceof GamedayError)) throw error;
      return [{ message: error.message, at: file, next: error.next }];
    }
  });
}
