/** A source object as the control socket takes it, with the open file where it has content. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { bytesToText } from '../../common/names.js';
import { nearestTime } from '../../common/nearest-time.js';
import { mostXattrBytes, xattrBytes } from '../../common/xattr-limit.js';
import type { PutEntry } from '../../daemon/protocol/control.js';
import { xattrs } from '../../native/ipc.js';
import type { Problems } from './problems.js';
import { type Found, inodeKey } from './source.js';

/** Bytes of one extended attribute that the protocol carries (16 KiB of base64). */
const longestXattr = 12_288;

export interface OpenEntry {
  readonly entry: Omit<PutEntry, 'fd'>;
  /** The open source file; whoever gets the entry closes it. */
  readonly fd: number | null;
}

type Kind = PutEntry['kind'];

function kindOf(stat: BigIntStats): Kind | null {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  return stat.isSocket() ? 'socket' : null;
}

/** Turns what a walk finds into entries; knows the hard links of one run. */
export class EntryReader {
  readonly #problems: Problems;
  /** First path of each file with several names, by `dev:ino`. */
  readonly #linked = new Map<string, string>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** The entry, or null when it was noted as a problem. */
  read(found: Found): OpenEntry | null {
    const kind = kindOf(found.stat);
    if (kind === null) {
      this.#problems.skip(found.local, 'devices are not stored');
      return null;
    }
    try {
      const first = kind === 'directory' ? undefined : this.#linked.get(inodeKey(found.stat));
      if (first !== undefined)
        return { entry: { ...this.#entry(found, kind, found.stat), linkTo: first }, fd: null };
      const open =
        kind === 'file' ? this.#file(found) : { entry: this.#entry(found, kind, found.stat), fd: null };
      if (kind !== 'directory' && found.stat.nlink > 1n) this.#linked.set(inodeKey(found.stat), found.path);
      return open;
    } catch (error) {
      this.#problems.add(found.local, error);
      return null;
    }
  }

  #file(found: Found): OpenEntry {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
    const fd = openSync(found.directory.path(found.name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    try {
      const stat = fstatSync(fd, { bigint: true });
      if (!stat.isFile() || inodeKey(stat) !== inodeKey(found.stat)) {
        throw new SherinError('LOCAL_FILE', { path: found.local, part: 'it changed while it was opened' });
      }
      return { entry: this.#entry(found, 'file', stat), fd };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  #entry({ path, local, directory, name }: Found, kind: Kind, stat: BigIntStats): Omit<PutEntry, 'fd'> {
    return {
      path,
      kind,
      mode: Number(stat.mode & 0o7777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      atime: String(nearestTime(stat.atimeNs)),
      mtime: String(this.#modified(stat.mtimeNs, local)),
      size: kind === 'file' ? Number(stat.size) : 0,
      xattrs: this.#xattrs(directory.path(name), local),
      ...(kind === 'symlink'
        ? { target: bytesToText(readlinkSync(directory.path(name), { encoding: 'buffer' })) }
        : {}),
    };
  }

  #modified(time: bigint, local: string): bigint {
    const nearest = nearestTime(time);
    if (nearest !== time)
      this.#problems.alter(local, 'its time before 1677 or after 2262 becomes the nearest between them');
    return nearest;
  }

  #xattrs(path: Buffer, local: string): [string, string][] {
    const pairs: [string, string][] = [];
    let left = mostXattrBytes;
    for (const [name, value] of xattrs(path)) {
      const text = bytesToText(name);
      const bytes = xattrBytes([[name, value]]);
      if (value.length > longestXattr || pairs.length === 64 || bytes > left) {
        const kept = '64 of 12 KiB each are kept, 64 KiB in all';
        this.#problems.skip(local, `its extended attribute ${text} is left out (${kept})`);
        continue;
      }
      left -= bytes;
      pairs.push([text, value.toString('base64')]);
    }
    return pairs;
  }
}
