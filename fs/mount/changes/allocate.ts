/** fallocate(2). Space is not set aside: what is zero is stored as a hole. */
import { PosixError } from '../posix-error.js';
import type { Changes } from '../source.js';

const keepSize = 0x01;
const punchHole = 0x02;
const zeroRange = 0x10;

export interface Allocation {
  readonly mode: number;
  readonly offset: number;
  readonly length: number;
}

/** @throws PosixError EOPNOTSUPP for modes that move content; SherinError of the source */
export async function allocate(
  changes: Changes,
  ino: number,
  { mode, offset, length }: Allocation,
  requireSpace: () => Promise<void>,
): Promise<void> {
  const kept = (mode & keepSize) !== 0;
  const kind = mode & ~keepSize;
  if (kind !== 0 && kind !== punchHole && kind !== zeroRange) throw new PosixError('EOPNOTSUPP');
  if (kind === punchHole && !kept) throw new PosixError('EOPNOTSUPP');
  const size = changes.tree.inode(ino)?.size ?? 0;
  if (kind !== punchHole) await requireSpace();
  if (kind !== 0 && offset < size) await changes.zero(ino, offset, length);
  if (kind !== punchHole && !kept && offset + length > size) await changes.grow(ino, offset + length);
}
