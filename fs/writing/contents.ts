/** Files that were written to since their last version, and who may still write. */
import type { SherinError } from '../../common/errors.js';
import type { ObjectContent } from '../cube/content.js';
import type { Clock } from './clock.js';
import { FrozenContent } from './frozen-content.js';
import type { UnsealedFacts } from './present-tree.js';
import { nothingStored, type Stored } from './stored.js';
import { UnsealedContent } from './unsealed-content.js';
import type { VertexPool } from './vertex-pool.js';

export interface ContentsParts {
  readonly pool: VertexPool;
  readonly clock: Clock;
  /** Last version of a file; null: it has none. */
  readonly stored: (ino: number) => Stored | null;
  readonly open: (stored: Stored) => ObjectContent;
}

/** A file with content that is in no version. */
export interface UnsealedFile {
  readonly ino: number;
  readonly content: UnsealedContent;
  /** Of the last write; nanoseconds since 1970. */
  written: bigint;
  /** Of the first write since the last version, ms; null: frozen as it is. */
  since: number | null;
  /** Why it could be no version when that was tried last: it stands on what can not be read. */
  stuck: SherinError | null;
}

export class Contents {
  readonly #parts: ContentsParts;
  readonly #files = new Map<number, UnsealedFile>();
  /** Handles that may write, by inode. */
  readonly #writers = new Map<number, number>();

  constructor(parts: ContentsParts) {
    this.#parts = parts;
  }

  get(ino: number): UnsealedFile | undefined {
    return this.#files.get(ino);
  }

  all(): Iterable<UnsealedFile> {
    return this.#files.values();
  }

  facts(ino: number): UnsealedFacts | undefined {
    const file = this.#files.get(ino);
    return file && { length: file.content.length, stored: file.content.stored, written: file.written };
  }

  /** The file as one that is written to. @param version what it stands on, where nothing was written yet */
  unsealed(ino: number, version: Stored | null = this.#parts.stored(ino)): UnsealedFile {
    const known = this.#files.get(ino);
    if (known !== undefined) return known;
    const { pool, open } = this.#parts;
    const content = new UnsealedContent(version ?? nothingStored, { pool, open });
    const file: UnsealedFile = { ino, content, written: 0n, since: null, stuck: null };
    this.#files.set(ino, file);
    return file;
  }

  /** Its content has changed now. */
  touch(file: UnsealedFile): void {
    file.written = this.#parts.clock.now();
    file.since ??= Date.now();
  }

  /** As {@link touch}, at a time that was taken elsewhere. */
  touched(file: UnsealedFile, time: bigint): void {
    this.#parts.clock.passed(time);
    file.written = time;
    file.since ??= Date.now();
  }

  /** The content as it is, to become a version. */
  freeze(file: UnsealedFile): FrozenContent {
    file.since = null;
    const { content } = file;
    return content.freeze((state) => new FrozenContent(state, this.#parts.pool), content.takeMarks());
  }

  /** What a file has beyond its last version is as if it were written only now. */
  again(ino: number): void {
    const file = this.#files.get(ino);
    if (file === undefined) return;
    file.since ??= Date.now();
    file.content.untell();
  }

  /** Forgets a file that has nothing left but its versions. @returns whether it was forgotten */
  settle(ino: number): boolean {
    const file = this.#files.get(ino);
    if (file === undefined || file.since !== null || !file.content.clean) return false;
    return this.#files.delete(ino);
  }

  /** Lets go of content that nobody can reach any more. */
  discard(ino: number): void {
    this.#files.get(ino)?.content.discard();
    this.#files.delete(ino);
  }

  discardAll(): void {
    for (const ino of [...this.#files.keys()]) this.discard(ino);
  }

  /** Somebody may write, or has written what is in no version. */
  get written(): boolean {
    return this.#writers.size > 0 || this.#files.size > 0;
  }

  writers(ino: number): number {
    return this.#writers.get(ino) ?? 0;
  }

  opened(ino: number): void {
    this.#writers.set(ino, this.writers(ino) + 1);
  }

  /** @returns whether that was the last one */
  closed(ino: number): boolean {
    const left = this.writers(ino) - 1;
    if (left > 0) this.#writers.set(ino, left);
    else this.#writers.delete(ino);
    return left <= 0;
  }
}
