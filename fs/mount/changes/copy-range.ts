/** copy_file_range(2): what is copied is verified as it is read, and never leaves this process. */
import { system } from '../../../native/index.js';
import type { Changes, OpenFile } from '../source.js';

/** Bytes of one call, which may copy fewer than it was asked to, and of one step of it. */
const mostBytes = 16 * 1024 * 1024;
const stepBytes = 1024 * 1024;

export interface CopyTarget {
  readonly changes: Changes;
  readonly ino: number;
  readonly offset: number;
}

/** @returns bytes copied */
export async function copyRange(
  source: OpenFile,
  from: number,
  { changes, ino, offset }: CopyTarget,
  length: number,
): Promise<number> {
  const wanted = Math.max(0, Math.min(length, mostBytes, source.size - from));
  const buffer = system.plaintext(Math.min(stepBytes, Math.max(1, wanted)));
  let done = 0;
  try {
    while (done < wanted) {
      const read = await source.read(from + done, Math.min(buffer.length, wanted - done), buffer);
      if (read === 0) break;
      const take = (at: number, count: number, target: Buffer, to: number): void => {
        buffer.copy(target, to, at, at + count);
      };
      await changes.write(ino, offset + done, read, take);
      done += read;
    }
    return done;
  } finally {
    system.wipe(buffer);
  }
}
