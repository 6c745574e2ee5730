/** Files that anyone may have put there, or written. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Opens one to read it: not through a link, and without waiting for whoever writes to a FIFO in its place. @throws errno */
export function openUntrusted(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** The first `most` bytes, whatever the file's size says; fewer only at its end. */
export async function readBounded(file: FileHandle, most: number): Promise<Buffer> {
  const bytes = Buffer.alloc(most);
  let length = 0;
  for (let read = 1; read > 0 && length < most; length += read)
    read = (await file.read(bytes, length, most - length, length)).bytesRead;
  return bytes.subarray(0, length);
}
