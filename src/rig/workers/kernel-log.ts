import { execFile } from 'node:child_process';

/** Longer than any kernel's ring of messages, bytes. */
const LONGEST = 16 * 1024 * 1024;

/** Whether a line of the kernel's log tells of a process of this control group that was killed for want of memory. */
export function tellsOfOom(log: string, container: string): boolean {
  return log.split('\n').some((line) => line.includes('oom-kill:') && line.includes(`/${container}`));
}

/**
 * Whether the kernel says that it killed a process of the container for want of memory. An engine learns of that from the
 * container's control group, and misses it where the first process was the one: the group is gone before it looks.
 * False where the log may not be read.
 */
export function killedForMemory(container: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('dmesg', { maxBuffer: LONGEST }, (error, stdout) => {
      resolve(error === null && tellsOfOom(stdout, container));
    });
  });
}
