/** When what was written becomes a version: at the last close, under a new name, by request, and once a minute of what is held open. */
import { namespaceOf } from '../manifest/namespaces.js';
import { attributesOf } from '../manifest/tree.js';
import type { Clock } from './clock.js';
import type { Contents, UnsealedFile } from './contents.js';
import type { WorkingTree } from './working-tree.js';

/** How often a file that is held open and written to becomes a version. */
const everyMs = 60_000;

export class Versions {
  readonly #working: WorkingTree;
  readonly #contents: Contents;
  readonly #clock: Clock;

  constructor(working: WorkingTree, contents: Contents, clock: Clock) {
    this.#working = working;
    this.#contents = contents;
    this.#clock = clock;
  }

  /** Files that were written to since their last version; those without a name never get one. */
  *due(): Iterable<UnsealedFile> {
    for (const file of this.#contents.all())
      if (file.since !== null && !this.#working.isOrphan(file.ino)) yield file;
  }

  /** What was written to a file becomes a version, at this place in the order of changes. */
  make(ino: number): void {
    const file = this.#contents.get(ino);
    const inode = file && this.#working.tree.inode(ino);
    if (file === undefined || inode === undefined || this.#working.isOrphan(ino)) return;
    if (file.since === null) return;
    // With the time of the last write, which the inode has from its content until now.
    this.#working.change({ type: 'attributes', inode: ino, attributes: attributesOf(inode) });
    this.place(file, this.#clock.now());
  }

  /** As {@link make}, of all files. */
  makeAll(): void {
    for (const { ino } of [...this.due()]) this.make(ino);
  }

  /** As {@link make}, of those that could be none before. */
  makeStuck(): void {
    for (const { ino, stuck } of [...this.due()]) if (stuck !== null) this.make(ino);
  }

  /** Of those that are held open for long, but for what would be stuck again. */
  makeOld(now: number): void {
    for (const { ino, since, stuck } of [...this.due()])
      if (since !== null && stuck === null && now - since >= everyMs) this.make(ino);
  }

  /** Puts a version in its place; the file's attributes are in theirs. @param time of the last write, nanoseconds since 1970 */
  place(file: UnsealedFile, time: bigint): void {
    const { tree } = this.#working;
    const uid = tree.inode(file.ino)?.uid ?? 0;
    const namespace = namespaceOf(tree, file.ino);
    this.#working.version({ inode: file.ino, frozen: this.#contents.freeze(file), uid, namespace, time });
  }
}
