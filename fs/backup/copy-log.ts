/** The copy of the log from one directory shaped like a vault to another, as far as each segment verifies without a key. */
import { closeSync, constants, fstatSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { sizeOf } from '../disk/copy.js';
import { syncDirectory } from '../disk/durable.js';
import { openUntrusted } from '../disk/untrusted.js';
import { LogFolder, logFolder, segmentFile } from '../log-copy/folder.js';
import { type CopySigner, readBytes, type ScannedSegment, scanSegment } from '../log-copy/scan.js';
import { headBytes, readSegmentHead } from '../log-copy/segment-head.js';
import type { BackupDirectory } from './backup-directory.js';

const run = 1024 * 1024;
/** A vault in use puts a new segment in the place of others now and then. */
const attempts = 3;

/**
 * Copies what the target lacks; after that goes what a later segment there stands in the place of. What is damaged or lost in the vault stays in the backup.
 * @returns segments that are whole there. @throws SherinError DISK_READ, NO_SPACE, IO; errors of the file system
 */
export async function copyLog(from: number, to: BackupDirectory, signer: CopySigner): Promise<number> {
  const source = new LogFolder(from);
  if (source.numbers().length === 0) return 0;
  return to.inFolder(logFolder, async (folder) => {
    for (let attempt = 1; ; attempt++) {
      const numbers = source.numbers();
      let whole = 0;
      let gone = false;
      for (const number of numbers) {
        const copied = await copySegment(source, number, join(folder, segmentFile(number)), signer);
        if (copied === 'gone') gone = true;
        if (copied === 'whole') whole += 1;
      }
      if (gone && attempt < attempts) continue;
      await removeReplaced(new LogFolder(to.fd), new Set(numbers));
      await syncDirectory(folder);
      return whole;
    }
  });
}

async function copySegment(
  source: LogFolder,
  number: number,
  to: string,
  signer: CopySigner,
): Promise<'whole' | 'none' | 'gone'> {
  const fd = source.open(number);
  if (fd === null) return 'gone';
  try {
    const scanned = await scanSegment(fd, number, signer);
    if (scanned === null || scanned.whole === 0) return 'none';
    if (await isCopied(fd, scanned.whole, to)) return 'whole';
    if (await isLonger(number, scanned, to, signer)) return 'whole';
    await copyBytes(fd, scanned.whole, to);
    return 'whole';
  } finally {
    closeSync(fd);
  }
}

/** Whether it is there already: with the same random head, and the signature at its end that is over all before. */
async function isCopied(fd: number, whole: number, to: string): Promise<boolean> {
  if ((await sizeOf(to)) !== whole) return false;
  const file = await openUntrusted(to);
  try {
    for (const at of [0, whole - headBytes])
      if (!(await readBytes(fd, at, headBytes)).equals(await readBytes(file.fd, at, headBytes))) return false;
    return true;
  } finally {
    await file.close();
  }
}

/** Whether more of this very segment is whole in the backup: the vault's was damaged or cut since. */
async function isLonger(
  number: number,
  { head, whole }: ScannedSegment,
  to: string,
  signer: CopySigner,
): Promise<boolean> {
  if (((await sizeOf(to)) ?? 0) <= whole) return false;
  const file = await openUntrusted(to);
  try {
    const there = await scanSegment(file.fd, number, signer);
    return there !== null && there.whole > whole && there.head.bytes.equals(head.bytes);
  } finally {
    await file.close();
  }
}

/** Removes segments that the vault has no more, where a later one begins at their first record or before it (FORMAT.md, "Copy of the log"). */
async function removeReplaced(there: LogFolder, kept: ReadonlySet<number>): Promise<void> {
  let first = Number.POSITIVE_INFINITY;
  for (const number of there.numbers().reverse()) {
    const own = await firstOf(there, number);
    if (!kept.has(number) && (own === null || first <= own)) there.remove(number);
    else if (own !== null) first = Math.min(first, own);
  }
}

/** Its first record; null where it is no segment. */
async function firstOf(folder: LogFolder, number: number): Promise<number | null> {
  const fd = folder.open(number);
  if (fd === null) return null;
  try {
    if (!fstatSync(fd).isFile()) return null;
    return readSegmentHead(await readBytes(fd, 0, headBytes), number)?.first ?? null;
  } finally {
    closeSync(fd);
  }
}

/** The first bytes of a file as another one, which has its name only when it is durable. */
export async function copyBytes(fd: number, length: number, to: string): Promise<void> {
  const temporary = `${to}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, 0o600);
  try {
    await writeBytes(fd, length, file);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, to);
}

async function writeBytes(fd: number, length: number, file: FileHandle): Promise<void> {
  for (let at = 0; at < length; ) {
    const bytes = await readBytes(fd, at, Math.min(run, length - at));
    // It has become shorter since it was looked at.
    if (bytes.length === 0)
      throw new SherinError('DISK_READ', { what: 'the copy of the log', part: 'it ends' });
    await file.writeFile(bytes);
    at += bytes.length;
  }
}
