import { SherinError, systemCode } from '../../common/errors.js';
import { cubeIdFromBytes, parseNamespace, utcDate } from '../../common/ids.js';
import { textToBytes } from '../../common/names.js';
import type { PutEntry, PutOutcome } from '../../daemon/protocol/control.js';
import { type EncodeOptions, type Extent, encodeFd, system } from '../../native/index.js';
import type { CubeStore } from '../cube/store.js';
import { attributesFault } from '../manifest/attributes-codec.js';
import { slotBytes } from '../manifest/index-node.js';
import type { Manifest } from '../manifest/manifest.js';
import { ObjectTreeBuilder, type Slot } from '../manifest/object-tree.js';
import type { Attributes, Mutation } from '../manifest/records.js';
import { ImportTree } from './import-tree.js';
import { objectTag } from './object-id.js';
import { Staging } from './staging.js';

/** Slots of one file that are encrypted at the same time. */
const slotsInFlight = 6;
/** Small files that are encrypted at the same time. */
const filesInFlight = 8;

export interface ImportContext {
  readonly manifest: Manifest;
  readonly store: CubeStore;
  readonly encode: EncodeOptions;
  /** Object IDs and cube IDs depend on the owner's uid. */
  readonly owned: boolean;
  /** uid and gid that every entry gets, or null to keep those of the source (root only). */
  readonly forced: { readonly uid: number; readonly gid: number } | null;
  readonly checksum: boolean;
  /** Commits one batch; records and cubes are durable when it resolves. */
  commit(batch: Staging): Promise<void>;
  readonly now: () => bigint;
}

export interface ImportTotals {
  readonly files: number;
  readonly bytes: number;
  readonly newCubes: number;
  readonly knownCubes: number;
  readonly storedBytes: number;
}

/** Bytes read of a message's files, and all of them. */
export type Progress = (done: number, total: number) => void;

const filesNamespace = parseNamespace('FILES');

/** One running import: takes source objects in order, stages cubes and records, commits in batches. */
export class Import {
  readonly #context: ImportContext;
  readonly #tree: ImportTree;
  #staging = new Staging();
  #totals = { files: 0, bytes: 0, newCubes: 0, knownCubes: 0, storedBytes: 0 };
  #turn: Promise<unknown> = Promise.resolve();
  #commits: Promise<void> = Promise.resolve();
  #failed: unknown = null;
  /** Told of bytes read from the source. */
  #read: (bytes: number) => void = () => undefined;

  /** @throws SherinError NOT_DIRECTORY when the destination's parent is a file */
  constructor(context: ImportContext, destination: string) {
    this.#context = context;
    this.#tree = new ImportTree(context.manifest, destination, (mutation) => this.#stage(mutation), context);
  }

  /** Imports a message's entries; calls are served one after another. A failed commit ends the import. */
  entries(entries: readonly PutEntry[], fds: readonly number[], progress: Progress): Promise<PutOutcome[]> {
    return this.#inTurn(async () => {
      const bytes = entries.reduce((sum, { size }) => sum + size, 0);
      let done = 0;
      this.#read = (length) => {
        done += length;
        progress(done, Math.max(bytes, done));
      };
      const outcomes: PutOutcome[] = [];
      for (let at = 0; at < entries.length; at += filesInFlight) {
        const group = entries.slice(at, at + filesInFlight);
        const contents = group.map((entry) => this.#content(entry, fds));
        // Content is encrypted side by side; names are given in order, so that a hard link finds its file.
        for (const [index, entry] of group.entries()) {
          outcomes.push(await this.#entry(entry, contents[index] ?? Promise.resolve(null)));
        }
        if (this.#staging.full) await this.#flush();
      }
      return outcomes;
    });
  }

  /** Commits the rest. */
  end(): Promise<ImportTotals> {
    return this.#inTurn(async () => {
      this.#tree.touchParents();
      await this.#flush();
      return this.#totals;
    });
  }

  /** Drops what is staged; what was committed stays. */
  abandon(): Promise<void> {
    return this.#inTurn(async () => {
      this.#failed ??= new SherinError('IO', { what: 'the import', part: 'it was ended' });
      for (const { temporary } of this.#staging.cubes) this.#context.store.discard(temporary);
      this.#staging = new Staging();
    }, true);
  }

  #inTurn<T>(step: () => Promise<T>, evenFailed = false): Promise<T> {
    const run = this.#turn.then(() => {
      if (this.#failed !== null && !evenFailed) throw this.#failed;
      return step();
    });
    this.#turn = run.catch(() => undefined);
    return run;
  }

  #stage(mutation: Mutation): void {
    this.#staging.mutations.push(mutation);
  }

  async #flush(): Promise<void> {
    if (!this.#staging.empty) {
      const batch = this.#staging;
      this.#staging = new Staging();
      // One after another: a record must not become durable before a cube of an earlier batch.
      this.#commits = this.#commits.then(() => this.#commit(batch));
    }
    await this.#commits;
  }

  async #commit(batch: Staging): Promise<void> {
    try {
      await this.#context.commit(batch);
    } catch (error) {
      this.#failed = error;
      for (const { temporary } of batch.cubes) this.#context.store.discard(temporary);
      throw error;
    }
    this.#tree.committed();
  }

  /** Starts the encryption of a file's content; null when there is none or it is there already. */
  #content(entry: PutEntry, fds: readonly number[]): Promise<FileContent | null> {
    const content = this.#readContent(entry, fds);
    // Awaited later, in order: a failure in between must not count as unhandled.
    content.catch(() => undefined);
    return content;
  }

  async #readContent(entry: PutEntry, fds: readonly number[]): Promise<FileContent | null> {
    if (entry.kind !== 'file' || entry.linkTo !== undefined) return null;
    this.#attributes(entry); // what can not be stored need not be read
    if (!this.#context.checksum && this.#tree.hasSame(entry)) return null;
    const fd = entry.fd === undefined ? undefined : fds[entry.fd];
    if (fd === undefined) throw new SherinError('PROTOCOL', { part: `no descriptor for ${entry.path}` });
    const extent = await system.extent(fd, 0);
    if (extent === null) throw new SherinError('USAGE', { what: `${entry.path} is not a regular file` });
    return this.#encodeFile(fd, extent, entry);
  }

  async #encodeFile(fd: number, first: Extent, entry: PutEntry): Promise<FileContent> {
    const length = first.size;
    let extent = first;
    const owner = this.#context.owned ? this.#tree.owner(entry).uid : 0;
    const options = { ...this.#context.encode, owner };
    const builder = new ObjectTreeBuilder();
    const window: Promise<Slot>[] = [];
    const slots = Math.ceil(length / slotBytes);
    try {
      for (let index = 0; index < slots; ) {
        if (extent.data !== null && index * slotBytes >= extent.hole) {
          extent = (await system.extent(fd, index * slotBytes)) ?? extent;
        }
        const dataSlot = extent.data === null ? slots : Math.min(slots, Math.floor(extent.data / slotBytes));
        if (dataSlot > index) {
          for (const slot of window.splice(0)) builder.push(await slot);
          builder.pushHoles(dataSlot - index);
          this.#read((dataSlot - index) * slotBytes);
          index = dataSlot;
          continue;
        }
        const slot = this.#encodeSlot(
          fd,
          index * slotBytes,
          Math.min(slotBytes, length - index * slotBytes),
          options,
        );
        slot.catch(() => undefined);
        window.push(slot);
        index += 1;
        if (window.length >= slotsInFlight) {
          const oldest = window.shift();
          if (oldest !== undefined) builder.push(await oldest);
        }
        if (this.#staging.full) await this.#flush();
      }
      for (const slot of window.splice(0)) builder.push(await slot);
    } finally {
      await Promise.allSettled(window);
    }
    const { root, node, nodes } = builder.done(length);
    return { length, root, node, nodes, owner };
  }

  async #encodeSlot(fd: number, offset: number, length: number, options: EncodeOptions): Promise<Slot> {
    const encoded = await encodeFd(fd, offset, length, options);
    this.#read(length);
    if (encoded.kind === 'hole') return { kind: 'hole' };
    if (encoded.kind === 'short') {
      throw new SherinError('IO', {
        what: 'reading the source',
        part: 'it became shorter while it was read',
      });
    }
    if (encoded.temporary === null) this.#totals.knownCubes += 1;
    else if (this.#failed !== null) {
      // Encrypted while the import ended: nobody would commit it any more.
      this.#context.store.discard(encoded.temporary);
      throw this.#failed;
    } else {
      const discard = this.#staging.add(encoded);
      if (discard !== null) {
        this.#context.store.discard(discard);
        this.#totals.knownCubes += 1;
      } else {
        this.#totals.newCubes += 1;
        this.#totals.storedBytes += encoded.stored;
        this.#heal(encoded.cube.id);
      }
    }
    return { kind: 'cube', cube: encoded.cube };
  }

  /** A good copy of a quarantined cube was written: its places can be read again. */
  #heal(bytes: Buffer): void {
    const cube = cubeIdFromBytes(bytes);
    if (this.#context.manifest.tree.quarantined(cube) !== undefined) this.#stage({ type: 'heal', cube });
  }

  async #entry(entry: PutEntry, content: Promise<FileContent | null>): Promise<PutOutcome> {
    try {
      const file = await content;
      if (entry.kind === 'file' && entry.linkTo === undefined && file === null) {
        this.#tree.keep(entry);
        return { path: entry.path, outcome: 'same', bytes: entry.size };
      }
      const inode = this.#tree.place(entry, this.#attributes(entry));
      if (file !== null) {
        this.#staging.nodes.push(...file.nodes);
        this.#stage(this.#put(inode, file));
        this.#totals.files += 1;
        this.#totals.bytes += file.length;
      }
      return { path: entry.path, outcome: 'stored', bytes: file?.length ?? 0 };
    } catch (error) {
      if (this.#failed !== null) throw this.#failed;
      const known = error instanceof SherinError ? error : asSourceError(error);
      // Full disk: nothing after this entry can be stored either.
      if (known.code === 'NO_SPACE') throw known;
      return { path: entry.path, outcome: 'failed', bytes: 0, error: shortened(known.failure) };
    }
  }

  #put(inode: number, file: FileContent): Mutation {
    const { length, root, node } = file;
    const tag = objectTag(this.#context.encode.keyring, filesNamespace, file.owner, root, length);
    const date = utcDate(Number(this.#context.now() / 1_000_000n));
    return {
      type: 'put',
      inode,
      id: { namespace: filesNamespace, date, tag },
      length,
      root,
      node,
      lineage: null,
    };
  }

  /** @throws SherinError USAGE for what a commit would refuse together with all that is staged */
  #attributes(entry: PutEntry): Attributes {
    const { uid, gid } = this.#tree.owner(entry);
    const attributes: Attributes = {
      kind: entry.kind,
      mode: entry.mode,
      uid,
      gid,
      atime: BigInt(entry.atime),
      mtime: BigInt(entry.mtime),
      ctime: this.#context.now(),
      target: entry.target === undefined ? null : textToBytes(entry.target),
      xattrs: entry.xattrs.map(([name, value]) => [textToBytes(name), Buffer.from(value, 'base64')] as const),
    };
    const fault = attributesFault(attributes);
    if (fault !== null) throw new SherinError('USAGE', { what: `it can not be stored: ${fault}` });
    return attributes;
  }
}

interface FileContent {
  readonly length: number;
  readonly root: Buffer;
  readonly node: Buffer;
  readonly nodes: Buffer[];
  readonly owner: number;
}

/** The outcomes of a whole message have to fit one answer. */
function shortened({ code, context }: SherinError['failure']): SherinError['failure'] {
  const short = (value: string | number) => (typeof value === 'string' ? value.slice(0, 128) : value);
  return { code, context: Object.fromEntries(Object.entries(context).map(([key, v]) => [key, short(v)])) };
}

/** Errors of the codec: a full disk of the vault is not a fault of the source. */
function asSourceError(error: unknown): SherinError {
  const code = systemCode(error) ?? 'EIO';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SherinError('NO_SPACE', { what: 'the import' }, { cause: error });
  }
  if (code === 'EWIPED') return new SherinError('LOCKED', {}, { cause: error });
  return new SherinError('IO', { what: 'the import', part: code }, { cause: error });
}
