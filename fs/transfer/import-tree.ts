import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes, type Namespace } from '../../common/ids.js';
import type { PutEntry } from '../../daemon/protocol/control.js';
import { objectCubes } from '../cube/catalog.js';
import type { Manifest } from '../manifest/manifest.js';
import { filesNamespace, namespaceBelow, namespaceOf } from '../manifest/namespaces.js';
import { type Attributes, type InodeKind, rootInode } from '../manifest/records.js';
import { namesText, splitPath, treePath } from '../tree-path.js';
import type { Staged } from './staging.js';

interface Placed {
  readonly ino: number;
  readonly kind: InodeKind;
}

/** A path below the tree's root. */
interface Location {
  readonly parts: readonly Buffer[];
  /** As a key of remembered paths. */
  readonly key: string;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What an entry is about to do at a path. */
export interface PlannedChange {
  readonly operation: 'create' | 'write' | 'remove';
  readonly path: readonly Buffer[];
  /** What stands there; null: nothing does, or it is not committed yet. */
  readonly ino: number | null;
  readonly kind: InodeKind;
}

/** Cubes that are refused now, whether or not the manifest has the record. */
export interface RefusedCubes {
  readonly some: boolean;
  has(cube: CubeId): boolean;
}

export interface ImportTreeContext {
  readonly forced: Owner | null;
  readonly now: () => bigint;
  readonly refused: RefusedCubes;
}

/** Paths remembered for later hard links and children; beyond it, committed ones are looked up again. */
const rememberedPaths = 20_000;

/** Names and inodes of an import: the committed tree with what this import has staged on top. */
export class ImportTree {
  readonly #manifest: Manifest;
  readonly #destination: readonly Buffer[];
  readonly #stage: (staged: Staged) => void;
  readonly #context: ImportTreeContext;
  readonly #placed = new Map<string, Placed>();
  /** Directories that got new entries but were not themselves part of the import. */
  readonly #touched = new Set<number>();
  /** Directories that were. */
  readonly #given = new Set<number>();
  /** Where the entry at hand goes: each of its steps asks. */
  #last: { readonly path: string; readonly location: Location } | null = null;

  constructor(
    manifest: Manifest,
    destination: string,
    stage: (staged: Staged) => void,
    context: ImportTreeContext,
  ) {
    this.#manifest = manifest;
    this.#destination = treePath(destination);
    this.#stage = stage;
    this.#context = context;
  }

  owner(entry: PutEntry): Owner {
    return this.#context.forced ?? { uid: entry.uid, gid: entry.gid };
  }

  /** True when the tree holds this file with this size and modification time, and this import has not put another there. */
  hasSame(entry: PutEntry): boolean {
    const { parts, key } = this.#locate(entry.path);
    if (this.#placed.has(key)) return false;
    const found = this.#manifest.tree.find(parts);
    const inode = found === undefined ? undefined : this.#manifest.tree.inode(found.ino);
    if (inode?.kind !== 'file' || inode.size !== entry.size || inode.mtime !== BigInt(entry.mtime))
      return false;
    return !this.#hasQuarantined(inode.object);
  }

  /** A file with a refused cube is read again: the same bytes heal it. */
  #hasQuarantined(no: number): boolean {
    const { refused } = this.#context;
    const object = refused.some ? this.#manifest.tree.object(no) : undefined;
    if (object === undefined) return false;
    for (const { cube } of objectCubes(this.#manifest, object)) {
      if (refused.has(cubeIdFromBytes(cube.id))) return true;
    }
    return false;
  }

  /** What {@link place} will do, directories above that are missing included. */
  *changesOf({ path, kind, linkTo }: PutEntry): Iterable<PlannedChange> {
    const location = this.#locate(path);
    const { parts } = location;
    const missing: Location[] = [];
    for (let at = above(location); at.parts.length > 0 && this.#find(at) === undefined; at = above(at))
      missing.push(at);
    for (const at of missing.reverse())
      yield { operation: 'create', path: at.parts, ino: null, kind: 'directory' };
    const there = parts.length === 0 ? rootInode : this.#find(location)?.ino;
    const ino = this.#manifest.tree.inode(there ?? 0) === undefined ? null : (there ?? null);
    const change = { path: parts, ino, kind };
    if (there === undefined) yield { operation: 'create', ...change };
    else if (linkTo === undefined) yield { operation: 'write', ...change };
    else yield* [{ operation: 'remove', ...change } as const, { operation: 'create', ...change } as const];
  }

  /** Records that a file was found unchanged, so that later hard links to it find it. */
  keep(entry: PutEntry): void {
    const location = this.#locate(entry.path);
    const found = this.#find(location);
    if (found !== undefined) this.#remember(location, found);
  }

  /**
   * Gives an entry its name and attributes; directories above the destination are made where missing.
   * @returns its inode number
   * @throws SherinError IS_DIRECTORY, NOT_DIRECTORY when something of another kind stands there
   */
  place(entry: PutEntry, attributes: Attributes): number {
    const location = this.#locate(entry.path);
    const name = location.parts.at(-1);
    if (name === undefined) return this.#replaceRoot(entry, attributes);
    const parent = this.#directory(above(location));
    const present = this.#find(location);
    if (entry.linkTo !== undefined) return this.#link(entry, location, entry.linkTo, parent, name, present);
    if (present !== undefined) {
      this.#sameKind(entry, present);
      this.#stage({ type: 'attributes', inode: present.ino, attributes });
      this.#remember(location, present);
      if (entry.kind === 'directory') this.#given.add(present.ino);
      return present.ino;
    }
    const ino = this.#manifest.newInode();
    this.#stage({ type: 'attributes', inode: ino, attributes });
    this.#stage({ type: 'link', parent, inode: ino, name });
    this.#touched.add(parent);
    this.#remember(location, { ino, kind: entry.kind });
    if (entry.kind === 'directory') this.#given.add(ino);
    return ino;
  }

  /** Of what is put to a file that {@link place} has placed. */
  namespaceOf(ino: number, { path }: PutEntry): Namespace {
    const { tree } = this.#manifest;
    if (tree.parentsOf(ino).length > 0) return namespaceOf(tree, ino);
    // What is not committed yet has no namespace of its own: it stands below something that is there.
    for (let at = above(this.#locate(path)); at.parts.length > 0; at = above(at)) {
      const found = this.#find(at);
      if (found !== undefined && tree.inode(found.ino) !== undefined) return namespaceBelow(tree, found.ino);
    }
    return filesNamespace;
  }

  /** Sets the times of directories that got entries without being part of the import. */
  touchParents(): void {
    const now = this.#context.now();
    for (const ino of this.#touched) {
      if (!this.#given.has(ino)) this.#stage({ type: 'touch', inode: ino, now });
    }
    this.#touched.clear();
  }

  /** A batch is in the tree: long imports need not remember its paths. Those that are staged since then stay. */
  committed(): void {
    if (this.#placed.size <= rememberedPaths) return;
    const { tree } = this.#manifest;
    for (const [key, { ino }] of this.#placed) {
      if (tree.find(partsOf(key))?.ino === ino) this.#placed.delete(key);
    }
  }

  #locate(path: string): Location {
    if (this.#last?.path === path) return this.#last.location;
    const parts = [...this.#destination, ...splitPath(path)];
    const location = { parts, key: parts.map((part) => part.toString('latin1')).join('/') };
    this.#last = { path, location };
    return location;
  }

  #remember({ key }: Location, placed: Placed): void {
    this.#placed.set(key, placed);
  }

  #find({ parts, key }: Location): Placed | undefined {
    return this.#placed.get(key) ?? this.#manifest.tree.find(parts);
  }

  #directory(location: Location): number {
    const { parts } = location;
    const found = this.#find(location);
    if (found !== undefined) {
      if (found.kind !== 'directory') throw new SherinError('NOT_DIRECTORY', { path: namesText(parts) });
      return found.ino;
    }
    const name = parts.at(-1);
    if (name === undefined) return rootInode;
    const parent = this.#directory(above(location));
    const now = this.#context.now();
    const owner = this.#context.forced ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const ino = this.#manifest.newInode();
    this.#stage({
      type: 'attributes',
      inode: ino,
      attributes: {
        kind: 'directory',
        mode: 0o755,
        ...owner,
        atime: now,
        mtime: now,
        ctime: now,
        target: null,
        xattrs: [],
      },
    });
    this.#stage({ type: 'link', parent, inode: ino, name });
    this.#touched.add(parent);
    this.#remember(location, { ino, kind: 'directory' });
    return ino;
  }

  #replaceRoot(entry: PutEntry, attributes: Attributes): number {
    if (entry.kind !== 'directory') throw new SherinError('IS_DIRECTORY', { path: 'files/' });
    this.#stage({ type: 'attributes', inode: rootInode, attributes });
    return rootInode;
  }

  #link(
    entry: PutEntry,
    location: Location,
    linkTo: string,
    parent: number,
    name: Buffer,
    present: Placed | undefined,
  ): number {
    const original = this.#find(this.#locate(linkTo));
    if (original === undefined || original.kind === 'directory') {
      throw new SherinError('PATH_MISSING', { path: linkTo });
    }
    if (present?.ino === original.ino) return original.ino;
    if (present !== undefined) {
      this.#sameKind(entry, present);
      this.#stage({ type: 'unlink', parent, name });
    }
    this.#stage({ type: 'link', parent, inode: original.ino, name });
    this.#touched.add(parent);
    this.#remember(location, original);
    return original.ino;
  }

  #sameKind(entry: PutEntry, present: Placed): void {
    if (present.kind === entry.kind) return;
    if (present.kind === 'directory') throw new SherinError('IS_DIRECTORY', { path: entry.path });
    if (entry.kind === 'directory') throw new SherinError('NOT_DIRECTORY', { path: entry.path });
    throw new SherinError('USAGE', {
      what: `${entry.path} is a ${present.kind} in the vault, not a ${entry.kind}`,
    });
  }
}

/** Names have no slash, and one character of a key for each byte. */
function above({ parts, key }: Location): Location {
  const last = parts.at(-1)?.length ?? 0;
  return { parts: parts.slice(0, -1), key: key.slice(0, Math.max(0, key.length - last - 1)) };
}

function partsOf(key: string): Buffer[] {
  return key === '' ? [] : key.split('/').map((part) => Buffer.from(part, 'latin1'));
}
