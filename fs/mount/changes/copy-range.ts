/** copy_file_range(2): what is copied is verified as it is read, and never leaves this process. */
import { system } from '../../../native/index.js';
import type { Changes, FilePlace, OpenFile } from '../source.js';

/** Bytes that one call reads, which may copy fewer than it was asked to, and of one step of it. */
const mostBytes = 16 * 1024 * 1024;
const stepBytes = 1024 * 1024;

export interface CopyTarget extends FilePlace {
  readonly changes: Changes;
  /** Called before bytes are written. @throws SherinError NO_SPACE */
  readonly requireSpace: () => Promise<void>;
}

export interface CopySource {
  readonly file: OpenFile;
  /** 0 where it is none of the user's tree. */
  readonly ino: number;
  readonly offset: number;
}

/** Whole slots by reference, what they leave by its bytes. @returns bytes copied */
export async function copyRange(
  { file: source, ino: sourceIno, offset: from }: CopySource,
  { changes, ino, offset, requireSpace }: CopyTarget,
  length: number,
): Promise<number> {
  const left = Math.max(0, Math.min(length, source.size - from));
  if (sourceIno !== 0 && left > 0) {
    const referred = await changes.reference({ ino: sourceIno, offset: from }, { ino, offset }, left);
    if (referred > 0) return referred;
  }
  await requireSpace();
  const wanted = Math.min(left, mostBytes);
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
