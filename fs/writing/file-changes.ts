/** What programs do to the content of files. */
import { SherinError } from '../../common/errors.js';
import { slotBytes, slotCount } from '../manifest/index-node.js';
import { usedSlots } from '../manifest/object-tree.js';
import type { Tree } from '../manifest/tree.js';
import type { FilePlace, WriteSource } from '../mount/source.js';
import type { UnsealedFile } from './contents.js';
import { type DataRange, seekIn } from './data-ranges.js';
import { type CubeFacts, SlotReferences } from './slot-references.js';
import type { Writing } from './writing.js';

export class FileChanges {
  readonly #writing: Writing;
  readonly #cubes: CubeFacts;
  readonly #references: SlotReferences;

  constructor(writing: Writing, cubes: CubeFacts) {
    this.#writing = writing;
    this.#cubes = cubes;
    this.#references = new SlotReferences(writing.tree, writing.contents, cubes, (cube, ino) =>
      writing.relief.ahead.used(cube, ino),
    );
  }

  /** @throws SherinError NO_SPACE, IO, LOCKED, PATH_MISSING; those of what stands beside the written bytes */
  async write(ino: number, offset: number, count: number, source: WriteSource): Promise<void> {
    await this.#writing.relief.headroom.during(count, () =>
      this.#change(ino, (file) => this.#write(file, offset, count, source)),
    );
    this.#writing.rewriting.wrote(ino, offset, count);
  }

  /** As {@link write}, at the end as it is when its turn comes. @param supposed by a kernel. @param admit throws what is not to be */
  async append(
    ino: number,
    supposed: number,
    count: number,
    source: WriteSource,
    admit: (offset: number) => void,
  ): Promise<void> {
    let end = supposed;
    await this.#writing.relief.headroom.during(count, () =>
      this.#change(ino, (file) => {
        end = file.content.length;
        admit(end);
        return this.#write(file, end, count, source);
      }),
    );
    this.#writing.rewriting.wrote(ino, end, count);
    if (end !== supposed) this.#writing.listener.misplaced(ino);
  }

  /**
   * Has bytes of one file stand in another without reading them, as far as they are whole slots in cubes.
   * @returns how many from the first on; the rest has to be read and written
   */
  async reference(from: FilePlace, to: FilePlace, length: number): Promise<number> {
    if (!this.#references.possible(from, to, length)) return 0;
    return this.#change(to.ino, ({ content }) => this.#references.copy(from, to, content, length));
  }

  truncate(ino: number, length: number): Promise<void> {
    return this.#change(ino, ({ content }) => content.truncate(length));
  }

  /** The file has `length` bytes at least: what was written before it is not cut off. */
  grow(ino: number, length: number): Promise<void> {
    return this.#change(ino, ({ content }) => content.truncate(Math.max(content.length, length)));
  }

  /** Zeros within the file. */
  zero(ino: number, offset: number, count: number): Promise<void> {
    return this.#change(ino, ({ content }) => content.zero(offset, count));
  }

  /** As {@link seekIn}. @param tree the present one, or one of the past */
  seek(tree: Tree, ino: number, offset: number, what: 'data' | 'hole'): number | null {
    const file = tree === this.#writing.tree ? this.#writing.contents.get(ino) : undefined;
    const length = tree.inode(ino)?.size ?? 0;
    return seekIn(
      file?.content.dataRanges(this.#cubes.node) ?? this.#storedRanges(tree, ino),
      offset,
      length,
      what,
    );
  }

  async #change<T>(ino: number, step: (file: UnsealedFile) => Promise<T> | T): Promise<T> {
    const writing = this.#writing;
    await writing.room(ino);
    if (writing.tree.inode(ino) === undefined) throw gone(ino);
    const file = writing.contents.unsealed(ino);
    const changed = file.content.inTurn(async () => {
      try {
        this.#requireKept(file);
        const result = await step(file);
        this.#requireKept(file);
        writing.written(file);
        return result;
      } catch (error) {
        if (!this.#isKept(file)) file.content.discard();
        // What was written before it failed stands, and becomes a version as all else.
        else if (file.content.differs) writing.written(file);
        throw error;
      }
    });
    return changed.catch((error: unknown) => {
      writing.contents.settle(ino);
      throw error;
    });
  }

  /** Has bytes copied only as long as the file's content is kept: no plaintext outlives a lock. */
  #write(file: UnsealedFile, offset: number, count: number, source: WriteSource): Promise<void> {
    return file.content.write(offset, count, (from, length, target, at) => {
      this.#requireKept(file);
      source(from, length, target, at);
    });
  }

  /** A lock lets go of all content, the end of a file of its own. */
  #isKept(file: UnsealedFile): boolean {
    return this.#writing.contents.get(file.ino) === file;
  }

  /** @throws SherinError LOCKED, PATH_MISSING */
  #requireKept(file: UnsealedFile): void {
    this.#writing.requireOpen();
    if (!this.#isKept(file)) throw gone(file.ino);
  }

  *#storedRanges(tree: Tree, ino: number): Iterable<DataRange> {
    const object = tree.object(tree.inode(ino)?.object ?? 0);
    if (object === undefined) return;
    for (const { index } of usedSlots(object.node, slotCount(object.length), this.#cubes.node)) {
      const start = index * slotBytes;
      yield { start, end: Math.min(start + slotBytes, object.length) };
    }
  }
}

function gone(ino: number): SherinError {
  return new SherinError('PATH_MISSING', { path: `inode ${ino}` });
}
