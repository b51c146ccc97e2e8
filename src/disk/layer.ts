import * as fs from 'node:fs';

/** The calls of a file system that not every machine answers alike; Node's own, or a test's with the errors of another machine. */
export type FileLayer = Pick<
  typeof fs,
  'openSync' | 'closeSync' | 'fsyncSync' | 'ftruncateSync' | 'truncateSync'
>;

/** The file system of this machine. */
export const FILE_LAYER: FileLayer = fs;

/**
 * What a system answers that has no sync for folders: Windows opens none (EISDIR, EACCES) or flushes no handle that only reads
 * (EPERM), some network and FUSE file systems refuse it (EINVAL, ENOTSUP). A broken disk answers something else (EIO, ENOSPC).
 */
const HAS_NO_FOLDER_SYNC: ReadonlySet<string> = new Set(['EISDIR', 'EACCES', 'EPERM', 'EINVAL', 'ENOTSUP']);

/** Puts a folder's entries on the disk, where the system can do that. */
export function syncFolder(folder: string, layer: FileLayer): void {
  try {
    const fd = layer.openSync(folder, 'r');
    try {
      layer.fsyncSync(fd);
    } finally {
      layer.closeSync(fd);
    }
  } catch (error) {
    if (!HAS_NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Shortens a file that is open for appending: Windows refuses that on such a handle (EPERM), and takes the path. */
export function cutFile(fd: number, path: string, length: number, layer: FileLayer): void {
  try {
    layer.ftruncateSync(fd, length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    layer.truncateSync(path, length);
  }
}
