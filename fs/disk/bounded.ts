import type { FileHandle } from 'node:fs/promises';

/** The first `most` bytes of a file that anyone may have written, whatever its size says; fewer only at its end. */
export async function readBounded(file: FileHandle, most: number): Promise<Buffer> {
  const bytes = Buffer.alloc(most);
  let length = 0;
  for (let read = 1; read > 0 && length < most; length += read)
    read = (await file.read(bytes, length, most - length, length)).bytesRead;
  return bytes.subarray(0, length);
}
