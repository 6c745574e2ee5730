/**
 * A copy of manifest.db as one file, made without its key: pages of the write-ahead log are stored as they would be in the database
 * (FORMAT.md, "Manifest database"; SQLite file format, section 4), so that moving them there needs none. Nobody may write to the database meanwhile.
 */
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';

const pageBytes = 4096;
const headerBytes = 32;
const frameHeaderBytes = 24;
const frameBytes = frameHeaderBytes + pageBytes;
/** Frames of one read. */
const run = 256;

/** What the log holds of the database's last committed state. */
interface Committed {
  /** Pages of the database. */
  readonly pages: number;
  /** Page number → where its newest content stands in the log's file. */
  readonly at: ReadonlyMap<number, number>;
}

/**
 * Copies `from` (with `from`-wal, where there is one) to `to`, which is replaced and durable when it resolves.
 * @throws SherinError DISK_READ, NO_SPACE, IO
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  await reading(from, () => rm(to, { force: true }));
  // A copy that shares its blocks costs nothing where the file system can do that.
  await reading(from, () => copyOrdinary(from, to));
  const copy = await reading(to, () => open(to, constants.O_RDWR | constants.O_NOFOLLOW));
  try {
    const wal = await openWal(`${from}-wal`);
    if (wal !== null) {
      try {
        await reading(`${from}-wal`, () => fold(wal, copy));
      } finally {
        await wal.close();
      }
    }
    await reading(to, async () => {
      await copy.chmod(0o600);
      await copy.sync();
    });
  } finally {
    await copy.close();
  }
}

/** @throws ErrnoException ELOOP, EINVAL for what is no ordinary file; nothing is followed or waited for */
async function copyOrdinary(from: string, to: string): Promise<void> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await source.stat()).isFile())
      throw Object.assign(new Error('it is no ordinary file'), { code: 'EINVAL' });
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
    await copyFile(`/proc/self/fd/${source.fd}`, to, flags);
  } finally {
    await source.close();
  }
}

async function openWal(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw new SherinError('DISK_READ', { what: path, part: systemCode(error) ?? 'EIO' }, { cause: error });
  }
}

async function fold(wal: FileHandle, copy: FileHandle): Promise<void> {
  const committed = await readWal(wal);
  if (committed === null || committed.pages === 0) return;
  const page = Buffer.alloc(pageBytes);
  for (const [number, at] of committed.at) {
    if (number > committed.pages) continue;
    await readWhole(wal, page, at);
    await copy.write(page, 0, pageBytes, (number - 1) * pageBytes);
  }
  await copy.truncate(committed.pages * pageBytes);
}

/** Frames up to the last whole commit, known by SQLite's salts and running checksum; null where there is none. */
async function readWal(wal: FileHandle): Promise<Committed | null> {
  const header = Buffer.alloc(headerBytes);
  if (!(await readWhole(wal, header, 0))) return null;
  const magic = header.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== 0x377f0682 || header.readUInt32BE(8) !== pageBytes) return null;
  const sum = new Checksum((magic & 1) === 1);
  sum.add(header.subarray(0, 24));
  if (!sum.equals(header, 24)) return null;
  const salts = header.subarray(16, 24);
  /** Of a commit whose end is still to come. */
  const pending: [page: number, place: number][] = [];
  const committed = { pages: 0, at: new Map<number, number>() };
  const frames = Buffer.alloc(run * frameBytes);
  for (let at = headerBytes; ; at += frames.length) {
    const { bytesRead } = await wal.read(frames, 0, frames.length, at);
    for (let offset = 0; offset + frameBytes <= bytesRead; offset += frameBytes) {
      const frame = frames.subarray(offset, offset + frameBytes);
      sum.add(frame.subarray(0, 8));
      sum.add(frame.subarray(frameHeaderBytes));
      if (!frame.subarray(8, 16).equals(salts) || !sum.equals(frame, 16)) return committed;
      pending.push([frame.readUInt32BE(0), at + offset + frameHeaderBytes]);
      const pages = frame.readUInt32BE(4);
      if (pages === 0) continue;
      committed.pages = pages;
      for (const [number, place] of pending.splice(0)) committed.at.set(number, place);
    }
    if (bytesRead < frames.length) return committed;
  }
}

/** The running checksum of section 4.1. */
class Checksum {
  readonly #bigEndian: boolean;
  #a = 0;
  #b = 0;

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian;
  }

  add(data: Buffer): void {
    let [a, b] = [this.#a, this.#b];
    for (let at = 0; at < data.length; at += 8) {
      const first = this.#bigEndian ? data.readUInt32BE(at) : data.readUInt32LE(at);
      const second = this.#bigEndian ? data.readUInt32BE(at + 4) : data.readUInt32LE(at + 4);
      a = (a + first + b) >>> 0;
      b = (b + second + a) >>> 0;
    }
    [this.#a, this.#b] = [a, b];
  }

  /** Whether the sum so far stands in `data`. */
  equals(data: Buffer, at: number): boolean {
    return data.readUInt32BE(at) === this.#a && data.readUInt32BE(at + 4) === this.#b;
  }
}

/** Fills `into` from `at` on; false where the file ends before. */
async function readWhole(file: FileHandle, into: Buffer, at: number): Promise<boolean> {
  return (await file.read(into, 0, into.length, at)).bytesRead === into.length;
}

async function reading<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new SherinError('NO_SPACE', { what: 'a copy of the manifest' }, { cause: error });
    throw new SherinError('IO', { what: `copying ${basename(what)}`, part: code }, { cause: error });
  }
}
