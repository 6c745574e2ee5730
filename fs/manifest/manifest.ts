/** The manifest: a signed append-only log, the tree that it leads to, and the indexes beside it. */
import { SherinError } from '../../common/errors.js';
import type { CubeId } from '../../common/ids.js';
import { emptyRoot, leafHash } from '../../common/merkle.js';
import type { CubeRef } from '../../native/index.js';
import { apply } from './apply.js';
import { CubeIndex } from './cube-index.js';
import { ManifestDatabase } from './database.js';
import { emptyState } from './empty-state.js';
import { encodeHead, headMessage, type TreeHead, type UnsignedHead } from './head.js';
import { readHead, writeHead } from './head-store.js';
import { type InclusionProof, Log, type LogPoint } from './log.js';
import { openState } from './open-state.js';
import { Overlay } from './overlay.js';
import { encodeRecord } from './record-codec.js';
import { type LogRecord, type Mutation, type Put, rootInode } from './records.js';
import { ReverseIndex } from './reverse-index.js';
import { Snapshot } from './snapshot-reader.js';
import { stateRoot, storeSnapshot } from './snapshot-store.js';
import { writeSnapshot } from './snapshot-writer.js';
import type { TreeState } from './state.js';
import { inlineNode } from './state.js';
import { TileEdge } from './tiles.js';
import { Tree } from './tree.js';
import { verifyLog } from './verify-log.js';

export interface ManifestOptions {
  readonly path: string;
  /** K_manifest; overwritten as soon as SQLite has it. */
  readonly key: Buffer;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
  readonly sign: (message: Buffer) => Buffer;
  /** The vault header that heads name. */
  readonly header: () => { generation: number; hash: Buffer };
  readonly auditHead: () => { size: number; root: Buffer };
  /** Value of the rollback counter to sign. */
  readonly counter: () => bigint;
  /** Nanoseconds since 1970. */
  readonly now?: () => bigint;
}

export type { TreeHead } from './head.js';
export type { InclusionProof, LogPoint } from './log.js';

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
/** A tail of so many records and of this part of the log makes commit() write one: opening stays quick, memory small. */
const longestTail = 30_000;
const longestTailShare = 1 / 3;

export class Manifest {
  readonly tree: Tree;
  readonly #options: ManifestOptions;
  readonly #database: ManifestDatabase;
  readonly #log: Log;
  readonly #cubes: CubeIndex;
  #standing: Standing;
  #state: Overlay;
  #reverse: ReverseIndex;
  #nextInode: number;
  /** Inode numbers given out and not yet used. */
  readonly #allotted = new Set<number>();

  private constructor(
    options: ManifestOptions,
    database: ManifestDatabase,
    standing: Standing,
    state: Overlay,
  ) {
    this.#options = options;
    this.#database = database;
    this.#log = new Log(database);
    this.#cubes = new CubeIndex(database);
    this.#standing = standing;
    this.#state = state;
    this.#reverse = reverseOf(state);
    this.#nextInode = state.nextInode;
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
      manifest.commit([rootDirectory(now(options))], [], []);
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
      requireHeader(head, options.header());
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

  /** A number that no inode ever had; durable with a commit that uses it. */
  newInode(): number {
    const ino = this.#nextInode++;
    this.#allotted.add(ino);
    return ino;
  }

  /**
   * Appends mutations, index nodes and cube rows with a signed head in one transaction, durable on return. A put of
   * content that its namespace holds keeps the date of the first.
   * @throws SherinError PATH_MISSING, PATH_EXISTS, NOT_DIRECTORY, IS_DIRECTORY, NOT_EMPTY, NAME_INVALID,
   * MOVE_INTO_SELF, USAGE before anything is touched; NO_SPACE, IO with everything as it was
   */
  commit(mutations: readonly Mutation[], nodes: readonly Buffer[], cubes: readonly CubeRef[]): TreeHead {
    const { head, edge } = this.#standing;
    const time = this.#time();
    const used = new Set<number>();
    const batch = new Overlay(this.#state);
    const records = mutations.map((mutation, i) => {
      const dated = firstDated(batch, mutation);
      const mayCreate = (ino: number): boolean => this.#mayUse(ino, used);
      apply(batch, dated, { index: head.size + i, time, mayCreate });
      return encodeRecord(dated, time);
    });
    const leaves = records.map((bytes) => leafHash(bytes));
    const { edge: grown, tiles } = edge.append(leaves);
    const newHead = this.#sign({ ...head, size: grown.size, root: grown.root(), time });

    this.#database.transaction('commit', () => {
      this.#log.append(head.size, records, tiles);
      this.#log.indexPuts(head.size, mutations);
      this.#cubes.put(cubes, [...nodes, ...largeRootNodes(mutations)]);
      writeHead(this.#database, newHead);
    });

    this.#reverse.note(batch);
    this.#state.absorb(batch);
    this.#standing = { head: newHead, edge: grown };
    for (const ino of used) this.#allotted.delete(ino);
    this.#nextInode = Math.max(this.#nextInode, this.#state.nextInode);
    if (this.tail >= longestTail && this.tail >= newHead.size * longestTailShare) this.#trySnapshot();
    return this.head;
  }

  /** Signs a head with the present counter, header and audit values; no records. */
  resign(): TreeHead {
    return this.#replaceHead(this.#sign({ ...this.head, time: this.#time() }), () => {});
  }

  /** An index node by ID. @throws SherinError MANIFEST_BROKEN when it is missing or does not have this hash */
  node(id: Buffer): Buffer {
    return this.#cubes.node(id);
  }

  /** A cube's row. Untrusted: the caller computes the ID anew from root and length. */
  cube(id: CubeId): CubeRef | undefined {
    return this.#cubes.cube(id);
  }

  /** Number of cube rows, for people. */
  cubeCount(): number {
    return this.#cubes.count();
  }

  /** All cube rows by ID, after one; untrusted like {@link cube}. */
  cubes(after?: CubeId): Iterable<CubeRef> {
    return this.#cubes.cubes(after);
  }

  /** A record, proven against the head. @throws SherinError MANIFEST_BROKEN, RangeError past the end */
  record(index: number): LogRecord {
    return this.#log.record(index, this.head, this.#standing.edge);
  }

  /** A record's bytes, the leaf of an inclusion proof. @throws as {@link record} */
  recordBytes(index: number): Buffer {
    return this.#log.recordBytes(index, this.head, this.#standing.edge);
  }

  /** The puts of an inode, oldest first, each proven. @throws SherinError MANIFEST_BROKEN when one is missing */
  *versions(inode: number): Iterable<Version> {
    let count = 0;
    for (const index of this.#log.putsOf(inode)) {
      const { mutation, time } = this.record(index);
      if (mutation.type !== 'put' || mutation.inode !== inode) {
        throw new SherinError('MANIFEST_BROKEN', {
          part: `record ${index} is not a version of inode ${inode}`,
        });
      }
      count += 1;
      yield { index, time, put: mutation };
    }
    const known = this.tree.inode(inode)?.version;
    if (known !== undefined && known > count) {
      throw new SherinError('MANIFEST_BROKEN', {
        part: `inode ${inode} has ${known} versions, ${count} are listed`,
      });
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
    const signed = this.#sign({
      ...this.head,
      time: this.#time(),
      snapshotSize: frontier.size,
      stateRoot: stateRoot(bytes),
    });
    this.#replaceHead(signed, () => storeSnapshot(this.#database, bytes));
    this.#rebase(new Snapshot(bytes));
    this.#database.checkpoint();
  }

  /** Moves the write-ahead log into the database file, so that the file alone holds everything. */
  checkpoint(): void {
    this.#database.checkpoint();
  }

  /** Checks the whole log, record by record, against the present head, and the tables beside it against the log. @throws SherinError MANIFEST_BROKEN */
  verifyLog(progress?: (done: number, total: number) => void): Promise<void> {
    return verifyLog(this.#log, this.head, progress);
  }

  /** Writes a snapshot if the tail is long, closes the database, overwrites the tree. Harmless twice. */
  close(): void {
    if (!this.#database.isOpen) return;
    try {
      if (this.tail >= longTail || this.tail > this.head.size * longTailShare) this.#trySnapshot();
    } finally {
      this.#database.close();
      this.#rebase(emptyState);
    }
  }

  /** Closes without writing anything, as a crash would leave it. */
  abandon(): void {
    this.#database.close();
    this.#rebase(emptyState);
  }

  /** A snapshot only saves time and memory: no space for one is no reason to fail. */
  #trySnapshot(): void {
    try {
      this.snapshot();
    } catch (error) {
      if (!(error instanceof SherinError && (error.code === 'NO_SPACE' || error.code === 'IO'))) throw error;
    }
  }

  #replaceHead(head: TreeHead, also: () => void): TreeHead {
    this.#database.transaction('signing a head', () => {
      also();
      writeHead(this.#database, head);
    });
    this.#standing = { ...this.#standing, head };
    return head;
  }

  #rebase(base: TreeState): void {
    const old = this.#state.base;
    this.#state = new Overlay(base);
    this.#reverse = reverseOf(this.#state);
    if (old instanceof Snapshot) old.wipe();
  }

  #mayUse(ino: number, used: Set<number>): boolean {
    if (used.has(ino)) return false;
    used.add(ino);
    return ino >= this.#nextInode || this.#allotted.has(ino);
  }

  #sign(head: UnsignedHead): TreeHead {
    const { generation, hash } = this.#options.header();
    const audit = this.#options.auditHead();
    const unsigned = {
      ...head,
      nv: this.#options.counter(),
      headerGeneration: generation,
      headerHash: hash,
      auditSize: audit.size,
      auditRoot: audit.root,
    };
    const signature = this.#options.sign(headMessage(this.#options.uuid, encodeHead(unsigned)));
    return { ...unsigned, signature };
  }

  /** Now, and never before the last head. */
  #time(): bigint {
    const time = now(this.#options);
    if (time < this.head.time) return this.head.time;
    return time;
  }
}

const noHead: TreeHead = {
  size: 0,
  root: emptyRoot,
  time: 0n,
  nv: 0n,
  headerGeneration: 0,
  headerHash: Buffer.alloc(32),
  auditSize: 0,
  auditRoot: Buffer.alloc(32),
  snapshotSize: 0,
  stateRoot: Buffer.alloc(32),
  signature: Buffer.alloc(64),
};

function now(options: ManifestOptions): bigint {
  return options.now?.() ?? BigInt(Date.now()) * 1_000_000n;
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

function requireHeader(head: TreeHead, header: { generation: number; hash: Buffer }): void {
  const same = head.headerGeneration === header.generation;
  if (same && head.headerHash.equals(header.hash)) return;
  throw new SherinError('HEADER_STALE', {
    found: same ? `${header.generation} with other contents` : header.generation,
    expected: head.headerGeneration,
  });
}

function reverseOf(state: Overlay): ReverseIndex {
  return new ReverseIndex(state.base instanceof Snapshot ? state.base : null, state);
}

/** An object that the namespace already holds keeps its first date. */
function firstDated(state: Overlay, mutation: Mutation): Mutation {
  if (mutation.type !== 'put') return mutation;
  const no = state.objectNumber(mutation.id.tag, mutation.id.namespace);
  const known = no === undefined ? undefined : state.object(no);
  return known === undefined ? mutation : { ...mutation, id: { ...mutation.id, date: known.date } };
}

/** Root nodes that memory does not keep. */
function largeRootNodes(mutations: readonly Mutation[]): Buffer[] {
  return mutations.flatMap((mutation) => {
    return mutation.type === 'put' && mutation.node.length > inlineNode ? [mutation.node] : [];
  });
}
