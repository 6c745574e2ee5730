/** A manifest database made anew from the records of its log and a signed head that they lead to. */
import { SherinError } from '../../common/errors.js';
import { leafHash, rootOfBlocks } from '../../common/merkle.js';
import { apply } from './apply.js';
import { CubeIndex } from './cube-index.js';
import { broken, type DatabaseOptions, ManifestDatabase } from './database.js';
import { emptyState } from './empty-state.js';
import type { TreeHead } from './head.js';
import { writeHead } from './head-store.js';
import { decode, Log } from './log.js';
import { Overlay } from './overlay.js';
import type { LogRecord, Mutation } from './records.js';
import { Snapshot } from './snapshot-reader.js';
import { storeSnapshot } from './snapshot-store.js';
import { writeSnapshot } from './snapshot-writer.js';
import { inlineNode } from './state.js';
import { TileEdge } from './tiles.js';

/** Records after which the tree is put into its compact form. */
const compactEvery = 200_000;

export class ManifestRebuild {
  readonly #database: ManifestDatabase;
  readonly #log: Log;
  readonly #cubes: CubeIndex;
  readonly #head: TreeHead;
  #edge = TileEdge.empty();
  /** The tree, up to the snapshot that the head names. */
  #state = new Overlay(emptyState);
  #compacted = 0;

  private constructor(database: ManifestDatabase, head: TreeHead) {
    this.#database = database;
    this.#log = new Log(database);
    this.#cubes = new CubeIndex(database);
    this.#head = head;
  }

  /** @param head signed by the vault's key, as its reader has checked. @throws SherinError VAULT_EXISTS, NO_SPACE, IO */
  static create(options: DatabaseOptions, head: TreeHead): ManifestRebuild {
    return new ManifestRebuild(ManifestDatabase.create(options), head);
  }

  /** Takes the next records of the log, and index nodes. @throws SherinError MANIFEST_BROKEN, NO_SPACE, IO */
  add(records: readonly Buffer[], nodes: readonly Buffer[]): void {
    const first = this.#edge.size;
    const decoded = records.map((bytes, i) => decode(first + i, bytes));
    const mutations = decoded.map(({ mutation }) => mutation);
    this.#database.transaction('rebuilding the manifest', () => {
      const stop = this.#head.snapshotSize - first;
      if (stop > 0 && stop <= records.length) {
        this.#append(first, records.slice(0, stop), decoded.slice(0, stop));
        this.#storeSnapshot();
        this.#append(first + stop, records.slice(stop), decoded.slice(stop));
      } else this.#append(first, records, decoded);
      this.#log.indexPuts(first, mutations);
      this.#cubes.put([], [...nodes, ...mutations.flatMap(largeRootNode)]);
    });
  }

  /** Compares what was taken with the head, and closes the database as one whole file. @throws SherinError MANIFEST_BROKEN, NO_SPACE, IO */
  finish(): void {
    const { size, root } = this.#head;
    if (this.#edge.size !== size || !this.#edge.root().equals(root))
      throw broken('the copy of the log does not lead to its signed root');
    this.#database.transaction('rebuilding the manifest', () => writeHead(this.#database, this.#head));
    this.#database.checkpoint();
    this.#database.close();
  }

  /** Closes and deletes it. */
  abandon(): void {
    this.#database.remove();
  }

  #append(first: number, records: readonly Buffer[], decoded: readonly LogRecord[]): void {
    const { edge, tiles } = this.#edge.append(records.map((bytes) => leafHash(bytes)));
    this.#edge = edge;
    this.#log.append(first, records, tiles);
    if (first >= this.#head.snapshotSize) return;
    for (const [i, { mutation, time }] of decoded.entries()) this.#apply(first + i, mutation, time);
    if (edge.size - this.#compacted < compactEvery) return;
    this.#compacted = edge.size;
    this.#state = new Overlay(new Snapshot(writeSnapshot(this.#state, edge.frontier())));
  }

  #apply(index: number, mutation: Mutation, time: bigint): void {
    try {
      apply(this.#state, mutation, { index, time, mayCreate: () => true });
    } catch (error) {
      if (!(error instanceof SherinError)) throw error;
      throw broken(`record ${index} does not fit the tree: ${error.message}`, error);
    }
  }

  /** The same state gives the same bytes: they are those that were signed. */
  #storeSnapshot(): void {
    const bytes = writeSnapshot(this.#state, this.#edge.frontier());
    if (!rootOfBlocks(bytes).equals(this.#head.stateRoot))
      throw broken('the copy of the log does not lead to its signed snapshot');
    storeSnapshot(this.#database, bytes);
    this.#state = new Overlay(emptyState);
  }
}

function largeRootNode(mutation: Mutation): readonly Buffer[] {
  if (mutation.type !== 'put' && mutation.type !== 'layout') return [];
  return mutation.node.length > inlineNode ? [mutation.node] : [];
}
