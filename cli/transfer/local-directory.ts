/**
 * Local directories held open. Every name below one is reached through its descriptor (`/proc/self/fd/N/name`), so that
 * nobody can lead a transfer elsewhere by putting a symbolic link in the way while it runs.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
} from 'node:fs';
import { systemCode } from '../../common/errors.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

export class LocalDirectory {
  readonly fd: number;
  readonly #prefix: Buffer;

  private constructor(path: Buffer | string, flags: number) {
    this.fd = openSync(path, O_RDONLY | O_DIRECTORY | flags);
    this.#prefix = Buffer.from(`/proc/self/fd/${this.fd}/`);
  }

  /** Opens a directory that the user named; a link at its end is followed. */
  static open(path: Buffer | string): LocalDirectory {
    return new LocalDirectory(path, 0);
  }

  /** Opens a directory below; throws ENOTDIR or ELOOP when the name is a link. */
  child(name: Buffer): LocalDirectory {
    return new LocalDirectory(this.path(name), O_NOFOLLOW);
  }

  /** Opens a directory below, made (0700) where missing. */
  childOrNew(name: Buffer): LocalDirectory {
    try {
      return this.child(name);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      mkdirSync(this.path(name), 0o700);
      return this.child(name);
    }
  }

  /** Gives this user's own directory the rights to write in it; its final mode comes last. */
  letOwnerWrite(): void {
    const { uid, mode } = this.stat();
    if (Number(uid) === process.geteuid?.() && (mode & 0o700n) !== 0o700n) {
      fchmodSync(this.fd, Number(mode & 0o7777n) | 0o700);
    }
  }

  /** A path for system calls; valid while this directory is open. */
  path(name: Buffer): Buffer {
    return Buffer.concat([this.#prefix, name]);
  }

  /** A path of the directory itself, for calls that do not follow links. */
  get itself(): Buffer {
    return this.path(Buffer.from('.'));
  }

  /** Names in byte order. */
  names(): Buffer[] {
    const names = readdirSync(this.#prefix, { encoding: 'buffer' });
    return names.sort((a, b) => a.compare(b));
  }

  lstat(name: Buffer): BigIntStats {
    return lstatSync(this.path(name), { bigint: true });
  }

  stat(): BigIntStats {
    return fstatSync(this.fd, { bigint: true });
  }

  close(): void {
    closeSync(this.fd);
  }
}
