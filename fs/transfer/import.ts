import { addBytes } from '../../common/add-bytes.js';
import { SherinError, systemCode } from '../../common/errors.js';
import { cubeIdFromBytes, utcDate } from '../../common/ids.js';
import { textToBytes } from '../../common/names.js';
import { sherinPrefix } from '../../common/sherin-xattrs.js';
import { mostXattrBytes, xattrBytes } from '../../common/xattr-limit.js';
import type { PutEntry, PutOutcome } from '../../daemon/protocol/control.js';
import type { EncodedCube, EncodeOptions, Encoder } from '../../native/index.js';
import type { CubeLock, Release } from '../cube/cube-lock.js';
import { idOwner } from '../cube/id-owner.js';
import { objectTags } from '../cube/object-tag.js';
import type { CubeStore } from '../cube/store.js';
import { attributesFault } from '../manifest/attributes-codec.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Attributes } from '../manifest/records.js';
import type { FileContent } from './encode-file.js';
import { ImportTree, type PlannedChange, type RefusedCubes } from './import-tree.js';
import { type ContentSource, MessageContents } from './message-contents.js';
import { type Staged, type StagedContent, Staging } from './staging.js';

/** Messages whose small files are encrypted while the entries of one before are given names, or a batch is committed. */
export const messagesAhead = 8;

export interface ImportContext {
  readonly manifest: Manifest;
  readonly refused: RefusedCubes;
  readonly store: CubeStore;
  /** Held shared from the first cube until the commit of the last record. */
  readonly lock: CubeLock;
  /** Of this import alone, which closes it at its end. */
  readonly encoder: Encoder;
  readonly encode: EncodeOptions;
  /** Object IDs and cube IDs depend on the owner's uid. */
  readonly owned: boolean;
  /** uid and gid that every entry gets, or null to keep those of the source (root only). */
  readonly forced: { readonly uid: number; readonly gid: number } | null;
  readonly checksum: boolean;
  /** Of a change that an entry makes, by access rules; undefined: nothing refuses it. */
  refusal(change: PlannedChange): Promise<never> | undefined;
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

/** One running import: takes source objects in order, stages cubes and records, commits in batches. */
export class Import {
  readonly #context: ImportContext;
  readonly #tree: ImportTree;
  #staging: Staging;
  #totals = { files: 0, bytes: 0, newCubes: 0, knownCubes: 0, storedBytes: 0 };
  #turn: Promise<unknown> = Promise.resolve();
  #commits: Promise<void> = Promise.resolve();
  #failed: unknown = null;
  #stopped = false;
  #hold: Release | null = null;
  /** Messages that were begun before their turn, which is not over yet: they rely on the hold. */
  #ahead = 0;

  /** @throws SherinError NOT_DIRECTORY when the destination's parent is a file */
  constructor(context: ImportContext, destination: string) {
    this.#context = context;
    this.#staging = this.#fresh();
    this.#tree = new ImportTree(context.manifest, destination, (staged) => this.#stage(staged), context);
  }

  /** Imports a message's entries; calls are served one after another. A failed commit ends the import. */
  entries(entries: readonly PutEntry[], fds: readonly number[], progress: Progress): Promise<PutOutcome[]> {
    const ahead = this.#mayReadAhead ? this.#contents(entries, fds, progress) : null;
    if (ahead !== null) this.#ahead += 1;
    return this.#inTurn(async () => {
      let contents = ahead;
      try {
        if (this.#failed !== null) throw this.#failed;
        await this.#holdCubes();
        contents ??= this.#contents(entries, fds, progress);
        const outcomes: PutOutcome[] = [];
        // Names are given in order, so that a hard link finds its file.
        for (const [index, entry] of entries.entries()) {
          outcomes.push(await this.#entry(entry, contents, index));
          if (this.#staging.full) await this.#flush();
        }
        return outcomes;
      } finally {
        // The descriptors are closed after the answer: none may be in use any more.
        await contents?.settled();
        if (ahead !== null) this.#ahead -= 1;
      }
    }, true);
  }

  /** Reads no further, not even files under way; what is staged can still be committed with {@link end}. */
  stop(): void {
    this.#stopped = true;
  }

  /** Commits the rest. */
  end(): Promise<ImportTotals> {
    return this.#inTurn(async () => {
      this.#tree.touchParents();
      await this.#flush();
      await this.#commits;
      this.#close();
      this.#letGo();
      return this.#totals;
    });
  }

  /** Drops what is staged; what was committed stays. Never rejects. */
  abandon(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#commits.catch(() => undefined);
      this.#close();
      this.#discard(this.#staging);
      this.#staging = this.#fresh();
      this.#letGo();
    }, true);
  }

  /** Not beyond the bound, and not while somebody waits for the hold that the cubes need. */
  get #mayReadAhead(): boolean {
    const { lock } = this.#context;
    return this.#hold !== null && this.#ahead < messagesAhead && !lock.contended && this.#failed === null;
  }

  /** Between two messages of which none was begun ahead nothing is under way: once all is committed, who wants to remove cubes gets a turn. */
  async #holdCubes(): Promise<void> {
    if (this.#hold !== null && this.#ahead === 0 && this.#context.lock.contended) {
      await this.#flush();
      await this.#commits;
      this.#letGo();
    }
    this.#hold ??= await this.#context.lock.shared();
  }

  #letGo(): void {
    this.#hold?.();
    this.#hold = null;
  }

  /** Nothing is taken from now on. */
  #close(): void {
    this.#failed ??= new SherinError('IO', { what: 'the import', part: 'it was ended' });
    this.#context.encoder.close();
  }

  #discard(batch: Staging): void {
    for (const { temporary } of batch.cubes) this.#context.store.discard(temporary);
  }

  #inTurn<T>(step: () => Promise<T>, evenFailed = false): Promise<T> {
    const run = this.#turn.then(() => {
      if (this.#failed !== null && !evenFailed) throw this.#failed;
      return step();
    });
    this.#turn = run.catch(() => undefined);
    return run;
  }

  #fresh(): Staging {
    return new Staging((contents) => objectTags(this.#context.encode.keyring, contents));
  }

  #stage(staged: Staged): void {
    this.#staging.staged.push(staged);
  }

  /** Commits what is staged while the next batch is filled; waits for the batch before it, so that there are two at most. */
  async #flush(): Promise<void> {
    const before = this.#commits;
    if (!this.#staging.empty) {
      const batch = this.#staging;
      this.#staging = this.#fresh();
      // One after another: a record must not become durable before a cube of an earlier batch.
      this.#commits = before.then(
        () => this.#commit(batch),
        (error: unknown) => {
          this.#discard(batch);
          throw error;
        },
      );
      // Awaited by the next flush or the end: a failure in between must not count as unhandled.
      this.#commits.catch(() => undefined);
    }
    await before;
  }

  async #commit(batch: Staging): Promise<void> {
    try {
      await this.#context.commit(batch);
    } catch (error) {
      // IDs are made with the keys, which may have gone meanwhile.
      this.#failed = systemCode(error) === 'EWIPED' ? asSourceError(error) : error;
      this.#discard(batch);
      throw this.#failed;
    }
    this.#tree.committed();
  }

  #contents(entries: readonly PutEntry[], fds: readonly number[], progress: Progress): MessageContents {
    const bytes = entries.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    return new MessageContents(entries, (entry) => this.#source(entry, fds), this.#context.encoder, {
      take: (encoded) => this.#take(encoded),
      room: async () => {
        if (this.#stopped) throw interrupted();
        if (this.#staging.full) await this.#flush();
      },
      read: (length) => {
        done += length;
        progress(done, Math.max(bytes, done));
      },
    });
  }

  /** What is to be read for an entry; null when there is nothing, or the tree has it already. */
  #source(entry: PutEntry, fds: readonly number[]): ContentSource | null {
    if (this.#stopped) throw interrupted();
    if (!hasContent(entry)) return null;
    this.#attributes(entry); // what can not be stored need not be read
    if (!this.#context.checksum && this.#tree.hasSame(entry)) return null;
    const fd = entry.fd === undefined ? undefined : fds[entry.fd];
    if (fd === undefined) throw new SherinError('PROTOCOL', { part: `no descriptor for ${entry.path}` });
    const { encode, owned } = this.#context;
    return { fd, options: { ...encode, owner: idOwner(owned, this.#tree.owner(entry).uid) } };
  }

  /** The content of an entry in its turn; null where the tree has it. An earlier entry may have changed what it was compared with. */
  async #content(entry: PutEntry, contents: MessageContents, index: number): Promise<FileContent | null> {
    if (this.#stopped) throw interrupted();
    const content = await contents.at(index);
    return content === null && hasContent(entry) ? contents.read(entry) : content;
  }

  /** Stages a cube, or drops it where there is an equal one. @throws what ended the import */
  #take(encoded: EncodedCube): void {
    if (encoded.temporary === null) {
      this.#totals.knownCubes += 1;
      this.#staging.addKnown(encoded.cube);
      this.#heal(encoded.cube.id);
      return;
    }
    if (this.#failed !== null) {
      // Encrypted while the import ended: nobody would commit it any more.
      this.#context.store.discard(encoded.temporary);
      throw this.#failed;
    }
    const discard = this.#staging.add(encoded);
    if (discard !== null) {
      this.#context.store.discard(discard);
      this.#totals.knownCubes += 1;
      return;
    }
    this.#totals.newCubes += 1;
    this.#totals.storedBytes += encoded.stored;
    this.#heal(encoded.cube.id);
  }

  /** The vault has a good copy of a quarantined cube: its places can be read again. */
  #heal(bytes: Buffer): void {
    if (!this.#context.refused.some) return;
    const cube = cubeIdFromBytes(bytes);
    if (!this.#context.refused.has(cube) || this.#staging.healed.includes(cube)) return;
    this.#staging.healed.push(cube);
    if (this.#context.manifest.tree.quarantined(cube) !== undefined) this.#stage({ type: 'heal', cube });
  }

  async #entry(entry: PutEntry, contents: MessageContents, index: number): Promise<PutOutcome> {
    try {
      const file = await this.#content(entry, contents, index);
      if (file === null && hasContent(entry)) {
        this.#tree.keep(entry);
        return { path: entry.path, outcome: 'same', bytes: entry.size };
      }
      for (const change of this.#tree.changesOf(entry)) await this.#context.refusal(change);
      const inode = this.#tree.place(entry, this.#attributes(entry));
      if (file !== null) {
        this.#staging.nodes.push(...file.nodes);
        this.#stage(this.#version(inode, entry, file));
        this.#totals.files += 1;
        this.#totals.bytes = addBytes(this.#totals.bytes, file.length);
      }
      return { path: entry.path, outcome: 'stored', bytes: file?.length ?? 0 };
    } catch (error) {
      if (this.#failed !== null) throw this.#failed;
      const known = error instanceof SherinError ? error : asSourceError(error);
      // Full disk, or no key any more: nothing after this entry can be stored either.
      if (known.code === 'NO_SPACE' || known.code === 'LOCKED') throw known;
      return { path: entry.path, outcome: 'failed', bytes: 0, error: shortened(known.failure) };
    }
  }

  #version(inode: number, entry: PutEntry, { length, root, node, owner }: FileContent): StagedContent {
    const namespace = this.#tree.namespaceOf(inode, entry);
    const date = utcDate(Number(this.#context.now() / 1_000_000n));
    return { type: 'content', inode, namespace, date, owner, length, root, node };
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
      xattrs: entry.xattrs
        .filter(([name]) => !name.startsWith(sherinPrefix))
        .map(([name, value]) => [textToBytes(name), Buffer.from(value, 'base64')] as const),
    };
    const tooMany = xattrBytes(attributes.xattrs) > mostXattrBytes;
    const fault = tooMany ? 'more than 64 KiB of extended attributes' : attributesFault(attributes);
    if (fault !== null) throw new SherinError('USAGE', { what: `it can not be stored: ${fault}` });
    return attributes;
  }
}

function hasContent({ kind, linkTo }: PutEntry): boolean {
  return kind === 'file' && linkTo === undefined;
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

function interrupted(): SherinError {
  return new SherinError('INTERRUPTED', { what: 'this entry is left out' });
}
