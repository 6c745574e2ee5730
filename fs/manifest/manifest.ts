/** The manifest: a signed append-only log, the tree that it leads to, and the indexes beside it. */
import { SherinError } from '../../common/errors.js';
import { type CubeRef, rootOfBlocks } from '../../native/index.js';
import { Batch } from './batch.js';
import { CubeIndex } from './cube-index.js';
import { broken, ManifestDatabase } from './database.js';
import { emptyState } from './empty-state.js';
import type { TreeHead } from './head.js';
import { type HeadChange, HeadSigner, noHead, requireHeader } from './head-signer.js';
import { readHead, writeHead } from './head-store.js';
import { InodeNumbers } from './inode-numbers.js';
import { decode, type InclusionProof, Log, type LogPoint } from './log.js';
import type { ManifestOptions } from './manifest-options.js';
import { openState } from './open-state.js';
import { Overlay } from './overlay.js';
import { hasContentNode } from './record-codec.js';
import { type LogRecord, type Mutation, type Put, rootInode } from './records.js';
import { ReverseIndex } from './reverse-index.js';
import { Snapshot } from './snapshot-reader.js';
import { storeSnapshot } from './snapshot-store.js';
import { writeSnapshot } from './snapshot-writer.js';
import type { TreeState } from './state.js';
import { Tables } from './tables.js';
import { isTooLong } from './tail.js';
import { TileEdge } from './tiles.js';
import { Tree, type TreeSides } from './tree.js';
import { verifyLog } from './verify-log.js';
import { type LogVisitor, walkLog } from './walk-log.js';

export type { TreeHead } from './head.js';
export type { InclusionProof, LogPoint } from './log.js';
export type { ManifestOptions } from './manifest-options.js';

/** A version of a file: a put of its inode. */
export interface Version {
  /** Log index. */
  readonly index: number;
  readonly time: bigint;
  readonly put: Put;
}

/** Everything that a commit replaces at once. */
interface Standing {
  readonly head: TreeHead;
  readonly edge: TileEdge;
}

/** A tail of so many records, or of this part of the log, makes close() write a snapshot. */
const longTail = 1000;
const longTailShare = 0.1;

export class Manifest {
  readonly tree: Tree;
  /** The tables beside the log, unverified. */
  readonly tables: Tables;
  readonly #signer: HeadSigner;
  readonly #database: ManifestDatabase;
  readonly #log: Log;
  readonly #cubes: CubeIndex;
  #standing: Standing;
  #state: Overlay;
  #reverse: ReverseIndex;
  readonly #numbers: InodeNumbers;
  #contentSize: number;

  private constructor(
    options: ManifestOptions,
    database: ManifestDatabase,
    standing: Standing,
    state: Overlay,
  ) {
    this.#signer = new HeadSigner(options);
    this.#database = database;
    this.#log = new Log(database);
    this.tables = new Tables(database);
    this.#cubes = new CubeIndex(database);
    this.#standing = standing;
    this.#state = state;
    this.#reverse = reverseOf(state);
    this.#numbers = new InodeNumbers(Math.max(state.nextInode, options.firstInode ?? 0));
    this.#contentSize = standing.head.size;
    this.tree = new Tree(
      () => ({ state: this.#state, reverse: this.#reverse }),
      (id) => this.node(id),
    );
  }

  /** Makes a manifest with an empty root directory that belongs to the calling user. @throws SherinError VAULT_EXISTS, NO_SPACE, IO */
  static create(options: ManifestOptions): Manifest {
    const database = ManifestDatabase.create(options);
    try {
      const standing = { head: noHead, edge: TileEdge.empty() };
      const manifest = new Manifest(options, database, standing, new Overlay(emptyState));
      manifest.commit([rootDirectory(manifest.#signer.time(noHead))], [], []);
      return manifest;
    } catch (error) {
      database.remove();
      throw error;
    }
  }

  /**
   * Opens and verifies: the newest head's signature, the header it names, the snapshot, the log's tail. `expect` is a
   * head seen before, which the log must contain.
   * @throws SherinError MANIFEST_BROKEN, ROLLBACK, HEADER_STALE, VAULT_BUSY, IO
   */
  static open(options: ManifestOptions, expect?: LogPoint): Manifest {
    const database = ManifestDatabase.open(options);
    try {
      const head = readHead(database, options.uuid, options.publicKey);
      requireHeader(head, options.header(), options.laterHeader);
      const log = new Log(database);
      const state = openState(database, log, head);
      const edge = log.edge(head);
      if (expect !== undefined) log.requireExtends(expect, head, edge);
      return new Manifest(options, database, { head, edge }, state);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  get head(): TreeHead {
    return this.#standing.head;
  }

  /** Records since the snapshot: what opening replays and what memory holds as objects. */
  get tail(): number {
    return this.head.size - this.head.snapshotSize;
  }

  /** The committed state, for who builds above it; another object once a snapshot was written. */
  get present(): TreeSides {
    return { state: this.#state, reverse: this.#reverse };
  }

  /** Size of the log when it was last added to what may change which objects are the content of files. */
  get contentSize(): number {
    return this.#contentSize;
  }

  /** All numbers that {@link newInode} ever gave out are below it, of inodes that never came to a commit, too. */
  get nextInode(): number {
    return this.#numbers.next;
  }

  /** A number that no inode ever had; durable with a commit that uses it. */
  newInode(): number {
    return this.#numbers.allot();
  }

  /** A number that {@link newInode} gave out before a crash, for an inode that is still to be committed. */
  reserveInode(ino: number): void {
    this.#numbers.reserve(ino);
  }

  /**
   * Appends mutations, index nodes and cube rows with a signed head in one transaction, durable on return. A put of
   * content that its namespace holds keeps the date of the first.
   * @param journal the first change of the journal that is not in the log then; absent: as it was
   * @throws SherinError PATH_MISSING, PATH_EXISTS, NOT_DIRECTORY, IS_DIRECTORY, NOT_EMPTY, NAME_INVALID,
   * MOVE_INTO_SELF, USAGE before anything is touched; NO_SPACE, IO with everything as it was
   */
  commit(
    mutations: readonly Mutation[],
    nodes: readonly Buffer[],
    cubes: readonly CubeRef[],
    journal = this.head.journal,
  ): TreeHead {
    const { head, edge } = this.#standing;
    const time = this.#signer.time(head);
    const batch = new Batch(this.#state);
    mutations.forEach((mutation, i) => {
      batch.add(mutation, head.size + i, time, this.#numbers);
    });
    const { edge: grown, tiles } = edge.append(batch.leaves());
    const newHead = this.#signer.sign(head, { size: grown.size, root: grown.root(), journal }, time);

    this.#database.transaction('commit', () => {
      this.#log.append(head.size, batch.records, tiles);
      this.#log.indexPuts(head.size, batch.mutations);
      this.#cubes.put(cubes, [...nodes, ...batch.largeRootNodes()]);
      writeHead(this.#database, newHead);
    });

    this.#reverse.note(batch.state);
    this.#state.absorb(batch.state);
    this.#standing = { head: newHead, edge: grown };
    this.#numbers.use(batch.inodes);
    if (batch.changesContent) this.#contentSize = newHead.size;
    if (isTooLong(this.tail)) ifThereIsSpace(() => this.snapshot());
    return this.head;
  }

  /** Signs a head with the present counter, header and audit values; no records. */
  resign(): TreeHead {
    return this.#replaceHead({}, () => {});
  }

  /** An index node by ID. @throws SherinError MANIFEST_BROKEN when it is missing or does not have this hash */
  node(id: Buffer): Buffer {
    return this.#cubes.node(id);
  }

  /** Number of cube rows, for people. */
  cubeCount(): number {
    return this.#cubes.count();
  }

  /** A record, proven against the head. @throws SherinError MANIFEST_BROKEN, RangeError past the end */
  record(index: number): LogRecord {
    return this.#log.record(index, this.head, this.#standing.edge);
  }

  /** A record's bytes, the leaf of an inclusion proof. @throws as {@link record} */
  recordBytes(index: number): Buffer {
    return this.#log.recordBytes(index, this.head, this.#standing.edge);
  }

  /**
   * Records as they are stored, each with the root node of the content that it names, for who compares what it makes of them with the head.
   * @throws SherinError MANIFEST_BROKEN, LOCKED
   */
  *recordsFrom(from: number, to: number): Iterable<{ readonly bytes: Buffer; readonly node: Buffer | null }> {
    for (const { index, bytes } of this.#log.stored(from, to)) {
      const mutation = hasContentNode(bytes) ? decode(index, bytes).mutation : null;
      yield { bytes, node: mutation?.type === 'put' || mutation?.type === 'layout' ? mutation.node : null };
    }
  }

  /** Whether the log begins with the one of this size and root. @throws SherinError MANIFEST_BROKEN */
  contains(point: LogPoint): boolean {
    try {
      this.#log.requireExtends(point, this.head, this.#standing.edge);
      return true;
    } catch (error) {
      if (error instanceof SherinError && error.code === 'ROLLBACK') return false;
      throw error;
    }
  }

  /** The puts of an inode, oldest first, each proven. @throws SherinError MANIFEST_BROKEN when one is missing */
  *versions(inode: number): Iterable<Version> {
    let count = 0;
    for (const index of this.#log.putsOf(inode)) {
      const { mutation, time } = this.record(index);
      if (mutation.type !== 'put' || mutation.inode !== inode) {
        throw broken(`record ${index} is not a version of inode ${inode}`);
      }
      count += 1;
      yield { index, time, put: mutation };
    }
    const known = this.tree.inode(inode)?.version;
    if (known !== undefined && known > count) {
      throw broken(`inode ${inode} has ${known} versions, ${count} are listed`);
    }
  }

  /** RFC 9162 inclusion proof of a record under the present head. @throws SherinError MANIFEST_BROKEN, RangeError */
  proof(index: number): InclusionProof {
    return this.#log.proof(index, this.head, this.#standing.edge);
  }

  /** Writes a snapshot of the tree and a head that names it; memory then holds the tree in its compact form. */
  snapshot(): void {
    if (this.tail === 0) return;
    const frontier = this.#standing.edge.frontier();
    const bytes = writeSnapshot(this.#state, frontier);
    this.#replaceHead({ snapshotSize: frontier.size, stateRoot: rootOfBlocks(bytes) }, () => {
      storeSnapshot(this.#database, bytes);
    });
    this.#rebase(new Snapshot(bytes));
    ifThereIsSpace(() => this.#database.checkpoint());
  }

  /** Moves the write-ahead log into the database file, so that the file alone holds everything. */
  checkpoint(): void {
    this.#database.checkpoint();
  }

  /** Has the database under another key. Nobody may commit meanwhile. @throws SherinError NO_SPACE, IO, LOCKED */
  changeKey(old: Buffer, fresh: Buffer): Promise<void> {
    return this.#database.changeKey(old, fresh);
  }

  /** Checks the whole log, record by record, against the present head, and the tables beside it against the log. @throws SherinError MANIFEST_BROKEN */
  verifyLog(progress?: (done: number, total: number) => void): Promise<void> {
    return verifyLog(this.#log, this.head, progress);
  }

  /** Shows every record in order; what was seen may be believed once this resolves. @throws SherinError MANIFEST_BROKEN */
  walkLog(visitor: LogVisitor): Promise<void> {
    return walkLog(this.#log, this.head, visitor);
  }

  /** Writes a snapshot if the tail is long, closes the database, overwrites the tree. Harmless twice. */
  close(): void {
    if (!this.#database.isOpen) return;
    try {
      const long = this.tail >= longTail || this.tail > this.head.size * longTailShare;
      if (long) ifThereIsSpace(() => this.snapshot());
    } finally {
      this.abandon();
    }
  }

  /** Closes without writing anything and overwrites the tree. */
  abandon(): void {
    this.#database.close();
    const { base } = this.#state;
    this.#state.wipe();
    this.#rebase(emptyState);
    if (base instanceof Snapshot) base.wipe();
  }

  #replaceHead(change: HeadChange, also: () => void): TreeHead {
    const head = this.#signer.sign(this.head, change);
    this.#database.transaction('signing a head', () => {
      also();
      writeHead(this.#database, head);
    });
    this.#standing = { ...this.#standing, head };
    return head;
  }

  /** Puts the tree on another base, with no changes above it. Who iterates over the old one finishes there. */
  #rebase(base: TreeState): void {
    this.#state = new Overlay(base);
    this.#reverse = reverseOf(this.#state);
  }
}

/** For what only saves time and memory later: no space for it is no reason to fail. */
function ifThereIsSpace(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SherinError && (error.code === 'NO_SPACE' || error.code === 'IO'))) throw error;
  }
}

function rootDirectory(time: bigint): Mutation {
  const attributes = {
    kind: 'directory',
    mode: 0o755,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    atime: time,
    mtime: time,
    ctime: time,
    target: null,
    xattrs: [],
  } as const;
  return { type: 'attributes', inode: rootInode, attributes };
}

function reverseOf(state: Overlay): ReverseIndex {
  return new ReverseIndex(state.base instanceof Snapshot ? state.base : null, state);
}
