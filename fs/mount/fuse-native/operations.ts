/** What the driver does for each request of the kernel that reads, by path and handle; answers go through a Request. */
import type { FileSystem } from '../file-system.js';
import { PosixError } from '../posix-error.js';
import type { KernelKnowledge } from './kernel-knowledge.js';
import { caller, nodeAt, placeAt } from './paths.js';
import type { Request } from './request.js';
import type { ScratchPool } from './scratch.js';
import { entryWords, spaceWords, statWords } from './wire.js';

export class Operations {
  readonly #fs: FileSystem;
  readonly #scratch: ScratchPool;
  readonly #known: KernelKnowledge;

  constructor(fs: FileSystem, scratch: ScratchPool, known: KernelKnowledge) {
    this.#fs = fs;
    this.#scratch = scratch;
    this.#known = known;
  }

  async getattr(request: Request, path: string): Promise<void> {
    const node = await nodeAt(this.#fs, path);
    const words = statWords(await node.stat());
    this.#known.told(node.ino);
    request.answer(0, words);
  }

  async fgetattr(request: Request, handle: number): Promise<void> {
    const words = statWords(await this.#fs.statOpen(handle));
    this.#known.told(this.#fs.nodeOpen(handle).ino);
    request.answer(0, words);
  }

  async readdir(request: Request, path: string): Promise<void> {
    const node = await nodeAt(this.#fs, path);
    const { parent } = await placeAt(this.#fs, path);
    const names = ['.', '..'];
    // Programs are not shown an entry whose inode number is 0.
    const stats = [node, parent].map(({ ino }) => entryWords({ ino, kind: 'directory' }));
    for (const entry of await this.#fs.list(node, caller)) {
      const name = textOf(entry.name);
      if (name === null) continue;
      names.push(name);
      stats.push(entryWords(entry));
    }
    request.answer(0, names, stats);
  }

  async readlink(request: Request, path: string): Promise<void> {
    const target = await this.#fs.readlink(await nodeAt(this.#fs, path));
    const text = textOf(target);
    if (text === null) throw new PosixError('EILSEQ');
    request.answer(0, text);
  }

  async open(request: Request, path: string, flags: number): Promise<void> {
    const node = await nodeAt(this.#fs, path);
    const handle = await this.#fs.open(node, flags, caller);
    if (!request.waiting) {
      this.#fs.release(handle);
      return;
    }
    this.#known.opened(node.ino);
    request.answer(0, handle);
  }

  release(request: Request, handle: number): void {
    const { ino } = this.#fs.nodeOpen(handle);
    this.#fs.release(handle);
    this.#fs.modify.forgetUnheld(ino);
    request.answer(0);
  }

  read(
    request: Request,
    handle: number,
    target: Buffer,
    length: number,
    offset: number,
  ): void | Promise<void> {
    const copied = this.#fs.readCached(handle, offset, length, target);
    if (copied === undefined) return this.#readAside(request, handle, target, length, offset);
    request.answer(copied, copied, target.buffer);
  }

  /** Reads into a buffer of our own: after its deadline the request's belongs to libfuse again. */
  async #readAside(
    request: Request,
    handle: number,
    target: Buffer,
    length: number,
    offset: number,
  ): Promise<void> {
    const scratch = await this.#scratch.take(length);
    try {
      if (!request.waiting) return;
      const read = await this.#fs.read(handle, offset, length, scratch.buffer.subarray(0, length));
      if (!request.waiting) return;
      scratch.buffer.copy(target, 0, 0, read);
      request.answer(read, read, target.buffer);
    } finally {
      scratch.release(length);
    }
  }

  async getxattr(request: Request, path: string, name: string, target: Buffer): Promise<void> {
    const bytes = Buffer.from(name).toString('latin1');
    const value = await this.#fs.getxattr(await nodeAt(this.#fs, path), bytes, caller);
    answerSized(request, value, target);
  }

  async listxattr(request: Request, path: string, target: Buffer): Promise<void> {
    const node = await nodeAt(this.#fs, path);
    const list = await this.#fs.listxattr(node, caller, (name) => textOf(name) !== null);
    answerSized(request, list, target);
  }

  statfs(request: Request): void {
    request.answer(0, spaceWords(this.#fs.statfs()));
  }
}

/** Null for what is not UTF-8: it has no string, and could not be asked for. */
function textOf(bytes: Buffer): string | null {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') && !Buffer.from(text).equals(bytes) ? null : text;
}

/** An empty target asks for the size; a short one is ERANGE (libfuse would send bytes from behind it). */
function answerSized(request: Request, value: Buffer, target: Buffer): void {
  if (!request.waiting) return;
  if (target.length > 0) {
    if (value.length > target.length) throw new PosixError('ERANGE');
    value.copy(target);
  }
  request.answer(value.length, target.buffer);
}
