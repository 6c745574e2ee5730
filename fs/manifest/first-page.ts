/** Page 1 of a database, by which is told what key it is under. */
import { closeSync, constants, openSync, readSync } from 'node:fs';

const pageBytes = 4096;

/** Empty where there is no such file; whoever opens it then says why. */
export function firstPage(path: string): Buffer {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const page = Buffer.alloc(pageBytes);
    return page.subarray(0, readSync(fd, page, 0, pageBytes, 0));
  } catch {
    return Buffer.alloc(0);
  } finally {
    closeSync(fd);
  }
}
