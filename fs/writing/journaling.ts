/** fsync(2): what was changed goes into the journal, for all who wait in one append. */
import { SherinError } from '../../common/errors.js';
import { xattrBytes } from '../../common/xattr-limit.js';
import type { WhenDone } from '../../native/index.js';
import { encodeRecord } from '../manifest/record-codec.js';
import type { Mutation } from '../manifest/records.js';
import type { Change } from './change.js';
import type { Contents, UnsealedFile } from './contents.js';
import { describe, describeFrozen } from './journal/describe.js';
import type { Entry } from './journal/entries.js';
import type { Journal } from './journal/journal.js';
import type { WorkingTree } from './working-tree.js';

/** Bytes of the journal from which everything is to be sealed, so that it can begin anew. */
const mostBytes = 64 * 1024 * 1024;
/** A file with more bytes that the journal does not have is stored in cubes first: the journal then names them. */
const largeBytes = 4 * 1024 * 1024;
/** Bytes of extended attributes beyond which a change is sealed instead: an entry fits into a frame (FORMAT.md, "Journal"). */
const mostJournaledXattrs = 512 * 1024;

export interface JournalingParts {
  readonly journal: Journal;
  readonly working: WorkingTree;
  readonly contents: Contents;
  /** Stores the dirty slots of a file in cubes ahead of its version. */
  readonly store: (file: UnsealedFile) => Promise<void>;
  /** Cubes that were stored ahead are durable under their names when it resolves. */
  readonly placed: () => Promise<void>;
}

/** Where content is that a file has beyond one of its versions. */
interface KeptContent {
  readonly segment: number;
  /** Number of the first change that came after it. */
  readonly told: number;
}

/** Those who wait for one append. */
interface Group {
  readonly inodes: Set<number>;
  /** Those of them of which all is told once more. */
  readonly anew: Set<number>;
  readonly whenDone: WhenDone[];
  readonly done: Promise<void>;
}

export class Journaling {
  readonly #parts: JournalingParts;
  #next: Group | null = null;
  #running: Promise<void> = Promise.resolve();
  /** Number of the first change that the journal was not told. */
  #told: number;
  /** Segments of what is not in the manifest: of changes by number, of content by file and the number of versions before it. */
  readonly #changes = new Map<number, number>();
  readonly #contents = new Map<number, Map<number, KeptContent>>();
  /** Number of the first change that the manifest does not have. */
  #committed = 0;
  /** Segment from which on an append under way writes. */
  #appending = Number.POSITIVE_INFINITY;
  /** Files that it names content of. */
  readonly #named = new Set<number>();
  #failed = false;
  /** An append or a step between two of them is under way. */
  #busy = false;

  constructor(parts: JournalingParts) {
    this.#parts = parts;
    this.#told = parts.working.next;
  }

  /** False once an append failed: then sealing alone makes durable, until {@link begin}. */
  get usable(): boolean {
    return !this.#failed;
  }

  /** Nothing was changed that the journal was not told of, content aside, and nothing is being appended. */
  get told(): boolean {
    return !this.#failed && !this.#busy && this.#next === null && this.#told === this.#parts.working.next;
  }

  /** Content of a file is appended elsewhere, behind what was appended so far. */
  appendsElsewhere(ino: number): void {
    const { journal, working } = this.#parts;
    this.#noteContent(
      { inode: ino, version: working.versionsOf(ino) },
      { segment: journal.current, told: this.#told },
    );
  }

  /** What was appended elsewhere may be missing there, or not. */
  failed(): void {
    this.#failed = true;
  }

  /** It has grown so much that everything is to be sealed. */
  get large(): boolean {
    return this.#parts.journal.bytes > mostBytes;
  }

  /** It has more segments than the one that is written to. */
  get holdsMuch(): boolean {
    return this.#parts.journal.segments > 1;
  }

  /**
   * Everything that was changed before, and what was written to a file, is durable when it resolves.
   * @param whenDone told so without delay, where something has to be written for that
   * @throws NativeError, ErrnoException
   */
  sync(ino: number, whenDone?: WhenDone): Promise<void> {
    this.#next ??= this.#begin();
    this.#next.inodes.add(ino);
    if (whenDone !== undefined) this.#next.whenDone.push(whenDone);
    return this.#next.done;
  }

  /**
   * All that files have beyond their versions stands in the journal once more when it resolves: what stood there before does not count
   * any more. @throws as {@link sync}
   */
  async retell(): Promise<void> {
    const inodes = [...this.#contents.keys()].filter((ino) => this.#parts.contents.get(ino) !== undefined);
    if (inodes.length === 0) return;
    this.#next ??= this.#begin();
    for (const ino of inodes) {
      this.#next.inodes.add(ino);
      this.#next.anew.add(ino);
    }
    await this.#next.done;
  }

  /** Changes before a number are in the manifest: segments that hold nothing else are given back. */
  committed(next: number): void {
    this.#committed = next;
    if (!this.#failed) this.#release();
  }

  #release(): void {
    const { journal, working } = this.#parts;
    for (const number of this.#changes.keys()) if (number < this.#committed) this.#changes.delete(number);
    for (const [ino, kept] of this.#contents) {
      const versions = working.committedVersions(ino);
      for (const [version, { told }] of kept) {
        // Where the manifest has no such file, one may still come; but not once it has all that came before the content.
        const gone = told <= this.#committed && !working.isCommitted(ino);
        if (version < versions || gone) kept.delete(version);
      }
      if (kept.size === 0) this.#contents.delete(ino);
    }
    journal.free(Math.min(this.#oldest(), this.#appending));
  }

  /** Whether content of a file counts there, or may. */
  names(ino: number): boolean {
    const kept = this.#contents.get(ino);
    if (kept === undefined) return this.#named.has(ino);
    if (this.#named.has(ino) || this.#parts.working.isCommitted(ino)) return true;
    return [...kept.values()].some(({ told }) => told > this.#committed);
  }

  /** Removes segments that hold nothing which counts any more, as far as that takes no space. */
  async giveBack(): Promise<void> {
    if (this.#failed) return;
    this.#release();
    const { journal } = this.#parts;
    if (!this.#busy && this.#oldest() === Number.POSITIVE_INFINITY) journal.clear();
    else if (journal.hasSpare) await this.#alone(() => this.#removeFreed());
  }

  async #removeFreed(): Promise<void> {
    const { journal } = this.#parts;
    if (this.#failed) return;
    this.#release();
    if (this.#oldest() === Number.POSITIVE_INFINITY) return journal.clear();
    if (!journal.hasSpare) return;
    try {
      await journal.removeFreed(this.#told);
    } catch {
      this.#failed = true;
    }
  }

  /** Everything is sealed: the journal begins anew. */
  begin(): void {
    // A segment that could not be written may have lost frames: none after them would be found.
    if (this.#failed) this.#parts.journal.abandon();
    this.#failed = false;
    this.#told = this.#parts.working.next;
    this.#changes.clear();
    this.#contents.clear();
    this.#parts.journal.free(Number.POSITIVE_INFINITY);
  }

  /** The journal is being read: nothing of it may be given back, and nothing is appended. */
  suspend(): void {
    this.#failed = true;
  }

  /**
   * What it has was read and is in memory, all changes before `told` with it: appends go on behind it, in segments of their own. Those
   * that were read stay until the manifest has all changes before `until`.
   */
  resume(told: number, until: number): void {
    this.#failed = false;
    this.#told = told;
    this.#changes.set(until - 1, this.#parts.journal.oldest);
  }

  /** Appends from now on begin another segment. @returns number of the last one before that */
  turnOver(): Promise<number> {
    return this.#alone(async () => this.#parts.journal.turnOver());
  }

  /** Overwrites and removes segments up to one, as far as all is sealed that they have, and with `kept` those that were refused. @returns how many stay */
  shred(until: number, kept = true): Promise<number> {
    const { journal } = this.#parts;
    return this.#alone(async () => {
      if (this.#failed) return journal.shred(until, null, kept);
      // Of files that are gone nothing was sealed that would have given their segments back.
      this.#release();
      try {
        return await journal.shred(until, this.#told, kept);
      } catch {
        this.#failed = true;
        return journal.shred(until, null, kept);
      }
    });
  }

  /** Runs a step between two appends. */
  #alone<T>(step: () => Promise<T>): Promise<T> {
    const run = this.#running.then(() => this.#busily(step));
    this.#running = run.then(
      () => undefined,
      () => undefined,
    );
    return run;
  }

  async #busily<T>(step: () => Promise<T>): Promise<T> {
    this.#busy = true;
    try {
      return await step();
    } finally {
      this.#busy = false;
    }
  }

  #begin(): Group {
    const inodes = new Set<number>();
    const anew = new Set<number>();
    const whenDone: WhenDone[] = [];
    const done = this.#running.then(() => {
      this.#next = null;
      return this.#busily(() => this.#append({ inodes, anew, whenDone }));
    });
    this.#running = done.catch(() => undefined);
    return { inodes, anew, whenDone, done };
  }

  async #append(group: Omit<Group, 'done'>): Promise<void> {
    const { inodes, whenDone } = group;
    const { contents, journal, working } = this.#parts;
    // A frame behind one that could not be written would not be found.
    if (this.#failed) throw new SherinError('IO', { what: 'writing the journal', part: 'EIO' });
    for (const ino of inodes) {
      const file = contents.get(ino);
      // Where that can not be, its bytes go into the journal.
      if (file !== undefined && file.content.untoldBytes > largeBytes)
        await this.#parts.store(file).catch(() => undefined);
    }
    // Before anything is taken: the journal goes on behind it once it is sealed.
    if (this.#hasLarge()) throw new SherinError('IO', { what: 'writing the journal', part: 'EMSGSIZE' });
    const held: (() => void)[] = [];
    const retold = new Map<number, number>();
    let entries: readonly Entry[] = [];
    try {
      // Taken at once: what is changed while it is written belongs to the next append.
      entries = [...this.#entries(group, held, retold)];
      working.journaled();
      const told = this.#told;
      this.#appending = journal.current;
      for (const entry of entries) if ('inode' in entry) this.#named.add(entry.inode);
      // It may name cubes: not before they stay where they are.
      await this.#parts.placed();
      const segment = await journal.append(entries, told, whenDone);
      // What the journal had of them from before is of no account.
      for (const [ino, version] of retold) this.#contents.get(ino)?.delete(version);
      for (const entry of entries) this.#note(entry, { segment, told });
    } catch (error) {
      // What it was told of may be missing there, or not: it is of no use until all is sealed.
      this.#failed = true;
      for (const entry of entries) this.#note(entry, { segment: this.#appending, told: this.#told });
      throw error;
    } finally {
      this.#appending = Number.POSITIVE_INFINITY;
      this.#named.clear();
      for (const release of held) release();
    }
  }

  /** What it was not told of is more than one of its entries can hold. */
  #hasLarge(): boolean {
    for (const change of this.#parts.working.uncommitted())
      if (change.number >= this.#told && change.type === 'mutation' && isLarge(change.mutation)) return true;
    return false;
  }

  #note(entry: Entry, { segment, told }: KeptContent): void {
    if ('number' in entry) this.#changes.set(entry.number, segment);
    if ('inode' in entry) this.#noteContent(entry, { segment, told });
  }

  #noteContent(
    entry: { readonly inode: number; readonly version: number },
    { segment, told }: KeptContent,
  ): void {
    const kept = this.#contents.get(entry.inode) ?? new Map<number, KeptContent>();
    kept.set(entry.version, { segment: kept.get(entry.version)?.segment ?? segment, told });
    this.#contents.set(entry.inode, kept);
  }

  /**
   * @param held gets what is to be called when the bytes of the entries are of no use any more
   * @param retold gets the files of which all is told once more, each with the number of versions that it comes after
   */
  *#entries(
    { inodes, anew }: Pick<Group, 'inodes' | 'anew'>,
    held: (() => void)[],
    retold: Map<number, number>,
  ): Iterable<Entry> {
    const { contents, working } = this.#parts;
    const versions = new Map<number, number>();
    for (const change of working.uncommitted()) {
      if (change.number >= this.#told) yield* this.#entriesOf(change, versions, held);
      if (change.type === 'version') versions.set(change.inode, (versions.get(change.inode) ?? 0) + 1);
    }
    this.#told = working.next;
    for (const ino of inodes) {
      const file = contents.get(ino);
      if (file === undefined || file.since === null || working.isOrphan(ino)) continue;
      const version = this.#versionOf(ino, versions);
      if (anew.has(ino)) {
        file.content.untell();
        retold.set(ino, version);
      }
      const untold = file.content.takeUntold();
      held.push(untold.release);
      yield* describe(untold, untold.marks, { inode: ino, version, written: file.written });
    }
  }

  *#entriesOf(change: Change, versions: ReadonlyMap<number, number>, held: (() => void)[]): Iterable<Entry> {
    const { number } = change;
    if (change.type === 'mutation') {
      yield { type: 'mutation', number, record: encodeRecord(change.mutation, 0n) };
      return;
    }
    const { inode, frozen, time } = change;
    held.push(frozen.holdUntold());
    const version = this.#versionOf(inode, versions);
    yield* describeFrozen(frozen, { inode, version, written: time });
    yield { type: 'version', number, inode, version, time };
  }

  /** Puts of a file in the manifest, and versions of it before this place in the order. */
  #versionOf(ino: number, versions: ReadonlyMap<number, number>): number {
    return this.#parts.working.committedVersions(ino) + (versions.get(ino) ?? 0);
  }

  #oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const segment of this.#changes.values()) oldest = Math.min(oldest, segment);
    for (const kept of this.#contents.values())
      for (const { segment } of kept.values()) oldest = Math.min(oldest, segment);
    return oldest;
  }
}

function isLarge(mutation: Mutation): boolean {
  return mutation.type === 'attributes' && xattrBytes(mutation.attributes.xattrs) > mostJournaledXattrs;
}
