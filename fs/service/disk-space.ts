/** Space on the disk of the vault, and what of it programs may have. */
import { statfs } from 'node:fs/promises';

/** Kept free for manifest, journal, audit log and gc. */
const reservedBytes = 16 * 1024 * 1024;

export interface DiskSpace {
  /** Bytes of a block. */
  readonly blockSize: number;
  /** Blocks. */
  readonly blocks: number;
  /** Blocks beyond what is reserved, which may be none; those that this process may have are `available`. */
  readonly free: number;
  readonly available: number;
}

/** @throws ErrnoException */
export async function diskSpace(path: string): Promise<DiskSpace> {
  const { bsize, blocks, bfree, bavail } = await statfs(path);
  const reserved = Math.ceil(reservedBytes / bsize);
  return { blockSize: bsize, blocks, free: bfree - reserved, available: bavail - reserved };
}

/** Bytes that programs may have still; below zero where the reserve is in use. @throws ErrnoException */
export async function availableBytes(path: string): Promise<number> {
  const { available, blockSize } = await diskSpace(path);
  return available * blockSize;
}
