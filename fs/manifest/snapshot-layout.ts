/** Where things stand in a snapshot (FORMAT.md, "Snapshot"). */
import { MalformedBytes } from '../../common/bytes.js';

/** "SHERIN:S" */
export const snapshotMagic = Buffer.from('SHERIN:S', 'ascii');
export const snapshotVersion = 1;
export const blockBytes = 4096;

export const inodeRow = 80;
export const entryRow = 24;
export const objectRow = 88;
export const indexRow = 4;
export const quarantineRow = 48;

export interface SnapshotCounts {
  readonly inodes: number;
  readonly entries: number;
  readonly objects: number;
  readonly quarantine: number;
  readonly heap: number;
}

/** Offsets of the sections. */
export interface SnapshotSections {
  readonly inodes: number;
  readonly entries: number;
  readonly objects: number;
  readonly index: number;
  readonly quarantine: number;
  readonly heap: number;
  /** Of the whole snapshot, a multiple of 4096. */
  readonly bytes: number;
}

/** @throws MalformedBytes beyond 4 GiB, which one buffer can not hold */
export function snapshotSections(counts: SnapshotCounts): SnapshotSections {
  const inodes = blockBytes;
  const entries = inodes + counts.inodes * inodeRow;
  const objects = entries + counts.entries * entryRow;
  const index = objects + counts.objects * objectRow;
  const quarantine = index + counts.objects * indexRow;
  const heap = quarantine + counts.quarantine * quarantineRow;
  const bytes = Math.ceil((heap + counts.heap) / blockBytes) * blockBytes;
  if (!(bytes <= 0xffff_ffff)) throw new MalformedBytes(`snapshot of ${bytes} bytes`);
  return { inodes, entries, objects, index, quarantine, heap, bytes };
}

/** An unsigned 64-bit number below 2^53; faster than by way of BigInt. */
export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}

export function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}
