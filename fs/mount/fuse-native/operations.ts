/** What the driver does for each request of the kernel, by path and handle; answers go through a Request. */
import type { FileSystem } from '../file-system.js';
import type { Node } from '../node.js';
import { PosixError } from '../posix-error.js';
import type { Caller } from '../source.js';
import { refuseForeign } from '../xattr-names.js';
import type { KernelKnowledge } from './kernel-knowledge.js';
import type { Request } from './request.js';
import type { ScratchPool } from './scratch.js';
import { entryWords, spaceWords, statWords } from './wire.js';

/** fuse-native tells nobody's name. */
const caller: Caller = { uid: null, gid: null, pid: null };

export class Operations {
  readonly #fs: FileSystem;
  readonly #scratch: ScratchPool;
  readonly #known: KernelKnowledge;

  constructor(fs: FileSystem, scratch: ScratchPool, known: KernelKnowledge) {
    this.#fs = fs;
    this.#scratch = scratch;
    this.#known = known;
  }

  #resolve(path: string): Promise<Node> {
    const names = path.split('/').filter((name) => name !== '');
    return this.#fs.resolve(
      names.map((name) => Buffer.from(name)),
      caller,
    );
  }

  async getattr(request: Request, path: string): Promise<void> {
    const node = await this.#resolve(path);
    const words = statWords(await node.stat());
    this.#known.told(node.ino);
    request.answer(0, words);
  }

  async fgetattr(request: Request, handle: number): Promise<void> {
    request.answer(0, statWords(await this.#fs.statOpen(handle)));
  }

  async readdir(request: Request, path: string): Promise<void> {
    const names = ['.', '..'];
    const stats: Uint32Array[] = [new Uint32Array(18), new Uint32Array(18)];
    for (const entry of await this.#fs.list(await this.#resolve(path), caller)) {
      const name = textOf(entry.name);
      if (name === null) continue;
      names.push(name);
      stats.push(entryWords(entry));
    }
    request.answer(0, names, stats);
  }

  async readlink(request: Request, path: string): Promise<void> {
    const target = await this.#fs.readlink(await this.#resolve(path));
    const text = textOf(target);
    if (text === null) throw new PosixError('EILSEQ');
    request.answer(0, text);
  }

  async open(request: Request, path: string, flags: number): Promise<void> {
    const node = await this.#resolve(path);
    const handle = await this.#fs.open(node, flags, caller);
    if (!request.waiting) {
      this.#fs.release(handle);
      return;
    }
    this.#known.opened(node.ino);
    request.answer(0, handle);
  }

  release(request: Request, handle: number): void {
    this.#fs.release(handle);
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
    const value = await this.#fs.getxattr(await this.#resolve(path), bytes);
    answerSized(request, value, target);
  }

  async listxattr(request: Request, path: string, target: Buffer): Promise<void> {
    const node = await this.#resolve(path);
    const list = await this.#fs.listxattr(node, (name) => textOf(name) !== null);
    answerSized(request, list, target);
  }

  statfs(request: Request): void {
    request.answer(0, spaceWords(this.#fs.statfs()));
  }

  change(): never {
    throw new PosixError('EROFS');
  }

  changeXattr(name: string): never {
    refuseForeign(name);
    throw new PosixError('EROFS');
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
