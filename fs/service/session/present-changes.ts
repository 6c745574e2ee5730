import type { Rewrites, WhenDone } from '../../../native/index.js';
import type { Mutation } from '../../manifest/records.js';
import type { Inode, Tree } from '../../manifest/tree.js';
import type { AccessGuard, Changes, FilePlace, WriteSource } from '../../mount/source.js';
import { FileChanges } from '../../writing/file-changes.js';
import type { CubeFacts } from '../../writing/slot-references.js';
import type { Writing } from '../../writing/writing.js';
import type { AccessRules } from '../rules/access-rules.js';

/** What the mount changes, of one session. */
export class PresentChanges implements Changes {
  readonly tree: Changes['tree'];
  readonly #writing: Writing;
  readonly #files: FileChanges;
  readonly #rules: AccessRules;
  #written = 0;

  constructor(writing: Writing, cubes: CubeFacts, rules: AccessRules) {
    this.#writing = writing;
    this.#files = new FileChanges(writing, cubes);
    this.tree = writing.tree;
    this.#rules = rules;
  }

  /** Changes with whatever was written to a file: what is in memory so far is no change of the tree. */
  get written(): number {
    return this.#written;
  }

  get guard(): AccessGuard | null {
    return this.#rules.guard();
  }

  requireSpace(count: number): Promise<void> {
    return this.#writing.relief.headroom.require(count);
  }

  now(): bigint {
    return this.#writing.clock.now();
  }

  newInode(): number {
    return this.#writing.working.newInode();
  }

  change(mutations: readonly Mutation[]): void {
    this.#writing.change(mutations);
  }

  isOrphan(ino: number): boolean {
    return this.#writing.working.isOrphan(ino);
  }

  changeOrphan(inode: Inode): void {
    this.#writing.working.changeOrphan(inode);
    this.#writing.listener.written(inode.ino);
  }

  forget(ino: number): void {
    this.#writing.released(ino);
  }

  opened(ino: number): void {
    this.#writing.opened(ino);
  }

  closed(ino: number): void {
    this.#writing.closed(ino);
  }

  version(ino: number): void {
    this.#writing.version(ino);
  }

  write(ino: number, offset: number, count: number, source: WriteSource): Promise<void> {
    return this.#counted(this.#files.write(ino, offset, count, source));
  }

  append(
    ino: number,
    supposed: number,
    count: number,
    source: WriteSource,
    admit: (offset: number) => void,
  ): Promise<void> {
    return this.#counted(this.#files.append(ino, supposed, count, source, admit));
  }

  reference(from: FilePlace, to: FilePlace, length: number): Promise<number> {
    return this.#counted(this.#files.reference(from, to, length));
  }

  truncate(ino: number, length: number): Promise<void> {
    return this.#counted(this.#files.truncate(ino, length));
  }

  grow(ino: number, length: number): Promise<void> {
    return this.#counted(this.#files.grow(ino, length));
  }

  zero(ino: number, offset: number, count: number): Promise<void> {
    return this.#counted(this.#files.zero(ino, offset, count));
  }

  /** @param tree the present one, or one of the past */
  seek(tree: Tree, ino: number, offset: number, what: 'data' | 'hole'): number | null {
    return this.#files.seek(tree, ino, offset, what);
  }

  sync(ino: number, whenDone?: WhenDone): Promise<void> {
    return this.#writing.durability.sync(ino, whenDone);
  }

  lend(ino: number): Rewrites | null {
    return this.#writing.rewriting.lend(ino);
  }

  rewritten(): void {
    this.#written += 1;
    this.#writing.rewriting.look();
  }

  throwLate(ino: number): void {
    this.#writing.throwLate(ino);
  }

  /** One that is refused changes nothing. */
  async #counted<T>(change: Promise<T>): Promise<T> {
    const result = await change;
    this.#written += 1;
    return result;
  }
}
