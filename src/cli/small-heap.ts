import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation at its first size, one megabyte, for commands that mostly wait: garbage of the polls would
 * let it grow to 48 MB, and many drills may wait on one machine.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
