/** Verified content in windows: sherin-fs writes it into a memory file, nothing touches a disk. */
import { closeSync, readSync } from 'node:fs';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { memfd } from '../../native/ipc.js';

/** Bytes in memory at a time. */
export const windowBytes = 8 * 1024 * 1024;

/** The content of a target in order. The yielded buffer is reused: take what is needed before the next turn. */
export async function* contentOf(
  client: ControlClient,
  target: string,
  size: number,
): AsyncGenerator<Buffer> {
  if (size === 0) return;
  const length = Math.min(windowBytes, size);
  const fd = memfd('sherinctl', length);
  const buffer = Buffer.alloc(length);
  try {
    for (let offset = 0; offset < size; ) {
      const { bytes } = await client.call(
        'read',
        { target, offset, length: Math.min(length, size - offset), at: 0 },
        { fds: [fd] },
      );
      if (bytes === 0) return;
      const got = readSync(fd, buffer, 0, bytes, 0);
      yield buffer.subarray(0, got);
      offset += got;
    }
  } finally {
    buffer.fill(0);
    closeSync(fd);
  }
}
