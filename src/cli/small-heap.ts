import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation at its first size, one megabyte, for commands that mostly wait: it would grow to 48 MB with what
 * is read and forgotten at each poll, and many drills may wait on one machine.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
