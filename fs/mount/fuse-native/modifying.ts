/** What the driver does for each request of the kernel that changes something. */
import { constants } from 'node:fs';
import type { AttributeChange } from '../changes/inode-attributes.js';
import { madeKind, permissionsOf } from '../changes/made-kinds.js';
import type { WrittenPart } from '../changes/modifications.js';
import type { NewInode } from '../changes/names.js';
import type { FileSystem } from '../file-system.js';
import { PosixError } from '../posix-error.js';
import type { KernelKnowledge } from './kernel-knowledge.js';
import { caller, nodeAt, placeAt } from './paths.js';
import type { Request } from './request.js';
import { givenTimes } from './wire.js';

/** chown(2): leave it as it is. */
const unchanged = 0xffff_ffff;

export class Modifying {
  readonly #fs: FileSystem;
  readonly #known: KernelKnowledge;

  constructor(fs: FileSystem, known: KernelKnowledge) {
    this.#fs = fs;
    this.#known = known;
  }

  /** fuse-native does not tell with which flags: the kernel itself keeps a program to what it asked for. */
  async create(request: Request, path: string, mode: number): Promise<void> {
    const { parent, name } = await placeAt(this.#fs, path);
    const options = { mode: permissionsOf(mode), flags: constants.O_RDWR };
    const { node, handle } = await this.#fs.modify.create(parent, name, options, caller);
    if (!request.waiting) {
      this.#fs.release(handle);
      return;
    }
    this.#known.opened(node.ino);
    request.answer(0, handle);
  }

  async mknod(request: Request, path: string, mode: number): Promise<void> {
    await this.#make(request, path, { kind: madeKind(mode), mode: permissionsOf(mode) });
  }

  mkdir(request: Request, path: string, mode: number): Promise<void> {
    return this.#make(request, path, { kind: 'directory', mode: permissionsOf(mode) });
  }

  symlink(request: Request, target: string, path: string): Promise<void> {
    return this.#make(request, path, { kind: 'symlink', mode: 0o777, target: Buffer.from(target) });
  }

  async link(request: Request, path: string, newPath: string): Promise<void> {
    const { parent, name } = await placeAt(this.#fs, newPath);
    await this.#fs.modify.link(await nodeAt(this.#fs, path), parent, name, caller);
    request.answer(0);
  }

  async unlink(request: Request, path: string): Promise<void> {
    const { parent, name } = await placeAt(this.#fs, path);
    this.#fs.modify.forgetUnheld(await this.#fs.modify.unlink(parent, name, caller));
    request.answer(0);
  }

  async rmdir(request: Request, path: string): Promise<void> {
    const { parent, name } = await placeAt(this.#fs, path);
    this.#fs.modify.forgetUnheld(await this.#fs.modify.rmdir(parent, name, caller));
    request.answer(0);
  }

  async rename(request: Request, path: string, newPath: string): Promise<void> {
    const from = await placeAt(this.#fs, path);
    const to = await placeAt(this.#fs, newPath);
    const replaced = await this.#fs.modify.rename(from.parent, from.name, to.parent, to.name, 0, caller);
    if (replaced !== null) this.#fs.modify.forgetUnheld(replaced);
    request.answer(0);
  }

  chmod(request: Request, path: string, mode: number): Promise<void> {
    return this.#setAttributes(request, path, { mode: permissionsOf(mode) });
  }

  chown(request: Request, path: string, uid: number, gid: number): Promise<void> {
    return this.#setAttributes(request, path, {
      ...(uid !== unchanged && { uid }),
      ...(gid !== unchanged && { gid }),
    });
  }

  /** @param times of utimensat(2), as native/fuse2/operations.cc gives them */
  utimens(request: Request, path: string, times: Buffer): Promise<void> {
    return this.#setAttributes(request, path, givenTimes(times), [times.buffer]);
  }

  async truncate(request: Request, path: string, length: number): Promise<void> {
    await this.#fs.modify.truncate(await nodeAt(this.#fs, path), length, false, caller);
    request.answer(0);
  }

  async ftruncate(request: Request, handle: number, length: number): Promise<void> {
    await this.#fs.modify.truncate(this.#fs.nodeOpen(handle), length, false, caller);
    request.answer(0);
  }

  async write(
    request: Request,
    handle: number,
    data: Buffer,
    place: Pick<WrittenPart, 'offset' | 'append'>,
  ): Promise<void> {
    const { length } = data;
    const part = { ...place, count: length, drops: false };
    await this.#fs.modify.write(handle, part, (from, count, target, at) => {
      // Its deadline has answered it, and its bytes are libfuse's again.
      if (!request.waiting) throw new PosixError('ETIMEDOUT');
      data.copy(target, at, from, from + count);
    });
    request.answer(length, length, data.buffer);
  }

  async flush(request: Request, handle: number): Promise<void> {
    await this.#fs.modify.flush(handle);
    request.answer(0);
  }

  async fsync(request: Request, handle: number): Promise<void> {
    await this.#fs.modify.sync(this.#fs.nodeOpen(handle));
    request.answer(0);
  }

  async fsyncdir(request: Request, path: string): Promise<void> {
    await this.#fs.modify.sync(await nodeAt(this.#fs, path));
    request.answer(0);
  }

  async setxattr(request: Request, path: string, name: string, value: Buffer, flags: number): Promise<void> {
    // After its deadline the value is libfuse's again.
    const kept = Buffer.from(value);
    const node = await nodeAt(this.#fs, path);
    await this.#fs.modify.setXattr(node, { name: bytesOf(name), value: kept, flags }, caller);
    request.answer(0, value.buffer);
  }

  async removexattr(request: Request, path: string, name: string): Promise<void> {
    await this.#fs.modify.removeXattr(await nodeAt(this.#fs, path), bytesOf(name), caller);
    request.answer(0);
  }

  async #make(request: Request, path: string, wanted: NewInode): Promise<void> {
    const { parent, name } = await placeAt(this.#fs, path);
    await this.#fs.modify.make(parent, name, wanted, caller);
    request.answer(0);
  }

  async #setAttributes(
    request: Request,
    path: string,
    change: AttributeChange,
    tail: readonly unknown[] = [],
  ): Promise<void> {
    const node = await nodeAt(this.#fs, path);
    if (Object.keys(change).length > 0) await this.#fs.modify.setAttributes(node, change, caller);
    request.answer(0, ...tail);
  }
}

/** Bytes of an attribute's name, as Latin-1. */
function bytesOf(name: string): string {
  return Buffer.from(name).toString('latin1');
}
