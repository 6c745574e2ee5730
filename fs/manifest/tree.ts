/** Look-ups answered from verified memory. */
import { SherinError } from '../../common/errors.js';
import { type CubeId, formatSherinId, type SherinId, type SherinIdParts } from '../../common/ids.js';
import type { CubeFault } from '../../native/index.js';
import { keyName, nameKey } from './entry-name.js';
import { nodeId } from './index-node.js';
import type { Overlay } from './overlay.js';
import { type Attributes, type InodeKind, type PolicyTag, rootInode } from './records.js';
import type { ReverseLookup } from './reverse-index.js';
import {
  type EntryState,
  type InodeState,
  inlineNode,
  type ObjectState,
  type QuarantineState,
  type StateCounts,
} from './state.js';

export interface Inode extends Attributes {
  readonly ino: number;
  /** Links; of a directory 2 + its subdirectories. */
  readonly nlink: number;
  /** Bytes of a file's content or a link's target. */
  readonly size: number;
  /** 0: empty, never put. */
  readonly object: number;
  /** Number of puts. */
  readonly version: number;
  /** Log index of the last put; −1: none. */
  readonly putIndex: number;
}

export interface Entry {
  readonly name: Buffer;
  readonly ino: number;
  readonly kind: InodeKind;
  readonly policy: PolicyTag;
}

export interface ObjectInfo {
  readonly no: number;
  readonly id: SherinId;
  /** Bytes. */
  readonly length: number;
  /** Object root. */
  readonly root: Buffer;
  /** Root node of the index tree; empty, which is none, where the content was given up. */
  readonly node: Buffer;
}

/** Its content was given up by gc or destroy, and nobody has put it again. */
export function isCollected({ node }: Pick<ObjectInfo, 'node'>): boolean {
  return node.length === 0;
}

/** What the tree looks at; the manifest exchanges it as the log grows. */
export interface TreeSides {
  readonly state: Overlay;
  readonly reverse: ReverseLookup;
}

export class Tree {
  readonly #view: () => TreeSides;
  readonly #loadNode: (id: Buffer) => Buffer;
  readonly #present: Tree | null;

  /** @param present for a tree of the past, the one that knows where the content of its objects is now */
  constructor(view: () => TreeSides, loadNode: (id: Buffer) => Buffer, present: Tree | null = null) {
    this.#view = view;
    this.#loadNode = loadNode;
    this.#present = present;
  }

  lookup(parent: number, name: Buffer): Entry | undefined {
    const entry = this.#view().state.entry(parent, nameKey(name));
    return entry === undefined ? undefined : asEntry(nameKey(name), entry);
  }

  /** What names lead to from the root, through directories only. */
  find(names: readonly Buffer[]): { readonly ino: number; readonly kind: InodeKind } | undefined {
    let at: { readonly ino: number; readonly kind: InodeKind } = { ino: rootInode, kind: 'directory' };
    for (const name of names) {
      const entry = this.lookup(at.ino, name);
      if (entry === undefined) return undefined;
      at = entry;
    }
    return at;
  }

  inode(ino: number): Inode | undefined {
    const { state } = this.#view();
    const inode = state.inode(ino);
    return inode === undefined ? undefined : asInode(inode, state);
  }

  /** Entries of a directory in the order of their bytes, after a name. Entries that come or go meanwhile may be missed. */
  *list(parent: number, after?: Buffer): Iterable<Entry> {
    const start = after === undefined ? null : nameKey(after);
    for (const [name, entry] of this.#view().state.list(parent, start)) yield asEntry(name, entry);
  }

  /** @throws SherinError MANIFEST_BROKEN when its root node is large and does not verify */
  object(no: number): ObjectInfo | undefined {
    const state = this.#object(no);
    if (state === undefined) return undefined;
    const node = state.nodeLength > inlineNode ? this.#loadNode(state.node) : state.node;
    return { no, id: formatSherinId(state), length: state.length, root: state.root, node };
  }

  /** Bytes of an object without holes, as far as memory alone tells them: never too few. */
  storedBytes(no: number): number {
    const { state } = this.#view();
    if (this.#present === null || state.objectLength(no) === undefined) return state.storedBytes(no);
    return this.#present.storedBytes(no);
  }

  /** As {@link storedBytes}, of what an inode has. */
  storedOf({ object, size }: Inode): number {
    return object === 0 ? size : this.storedBytes(object);
  }

  /** What files hold now; links do not matter. */
  *contents(): Iterable<{ readonly ino: number; readonly object: number; readonly putIndex: number }> {
    for (const { ino, object, putIndex } of this.#view().state.inodes()) {
      if (object !== 0) yield { ino, object, putIndex };
    }
  }

  /** Every object that is the content of a file now, once. @throws SherinError as {@link object} */
  *objects(): Iterable<ObjectInfo> {
    const seen = new Set<number>();
    for (const { object } of this.#view().state.inodes()) {
      if (object === 0 || seen.has(object)) continue;
      seen.add(object);
      const info = this.object(object);
      if (info !== undefined) yield info;
    }
  }

  /** How every object that is the content of a file now lies in cubes: its root node's ID and its length. Reads no node. */
  *presentTrees(): Iterable<{ readonly nodeId: Buffer; readonly length: number }> {
    const { state } = this.#view();
    const seen = new Set<number>();
    for (const { object } of state.inodes()) {
      const known = object === 0 || seen.has(object) ? undefined : state.object(object);
      if (known === undefined || known.nodeLength === 0) continue;
      seen.add(object);
      const { node, nodeLength, length } = known;
      yield { nodeId: nodeLength > inlineNode ? node : nodeId(node), length };
    }
  }

  /** Every object whose content is there, those of old versions included. @throws SherinError as {@link object} */
  *everyObject(): Iterable<ObjectInfo> {
    const { objects } = this.counts();
    for (let no = 1; no <= objects; no++) {
      const info = this.object(no);
      if (info !== undefined && !isCollected(info)) yield info;
    }
  }

  /** The number of a namespace and tag's object. */
  objectNumber({ tag, namespace }: SherinIdParts): number | undefined {
    return this.#view().state.objectNumber(tag, namespace);
  }

  /** Objects of a namespace whose content is there, in the order of their numbers, after one of those. Reads no node. */
  *objectsOf(namespace: string, after: number): Iterable<{ readonly no: number; readonly id: SherinId }> {
    const { objects } = this.counts();
    for (let no = after + 1; no <= objects; no++) {
      const state = this.#object(no);
      if (state === undefined || state.namespace !== namespace || state.nodeLength === 0) continue;
      yield { no, id: formatSherinId(state) };
    }
  }

  /** The object of a namespace and tag, whatever the date says. */
  objectById(id: SherinIdParts): ObjectInfo | undefined {
    const no = this.#view().state.objectNumber(id.tag, id.namespace);
    return no === undefined ? undefined : this.object(no);
  }

  /** Files whose content is this object now. */
  inodesOf(object: number): readonly number[] {
    return this.#view().reverse.inodesOf(object);
  }

  /** The object of a regular file, 0 where it was never put; undefined for anything else. */
  objectOfFile(ino: number): number | undefined {
    const inode = this.#view().state.inode(ino);
    return inode?.attributes.kind === 'file' ? inode.object : undefined;
  }

  /** What a way upwards needs of a directory; its parent is 0 where it has no name. */
  directory(ino: number): { readonly parent: number; readonly xattrs: Attributes['xattrs'] } | undefined {
    const inode = this.#view().state.inode(ino);
    if (inode?.attributes.kind !== 'directory') return undefined;
    return { parent: inode.parent, xattrs: inode.attributes.xattrs };
  }

  linksOf(ino: number): readonly { parent: number; name: Buffer; policy: PolicyTag }[] {
    const links = this.#view().reverse.linksOf(ino);
    return links.map(({ parent, name, entry }) => ({ parent, name: keyName(name), policy: entry.policy }));
  }

  /** Directories that name it, one for each link: {@link linksOf} without what else is known of them. */
  parentsOf(ino: number): readonly number[] {
    return this.#view()
      .reverse.linksOf(ino)
      .map(({ parent }) => parent);
  }

  /** Tags of the paths that lead to it, one for each link. */
  policiesOf(ino: number): readonly PolicyTag[] {
    return this.#view()
      .reverse.linksOf(ino)
      .map(({ entry }) => entry.policy);
  }

  /** A path of the inode below files/, without a slash at its start; undefined when it has none. */
  path(ino: number): Buffer | undefined {
    const names: string[] = [];
    for (let at = ino; at !== rootInode; ) {
      const [link] = this.#view().reverse.linksOf(at);
      if (link === undefined) return undefined;
      names.push(link.name);
      at = link.parent;
    }
    return keyName(names.reverse().join('/'));
  }

  quarantined(cube: CubeId): CubeFault | undefined {
    return this.#view().state.quarantine(cube)?.reason;
  }

  quarantine(): Iterable<QuarantineState> {
    return this.#view().state.quarantined();
  }

  counts(): StateCounts {
    const { inodes, entries, objects } = this.#view().state.counts;
    return { inodes, entries, objects };
  }

  #object(no: number): ObjectState | undefined {
    const state = this.#view().state.object(no);
    return state === undefined || this.#present === null ? state : this.#present.#object(no);
  }
}

/** Those of an inode alone, as a record has them. */
export function attributesOf(inode: Inode): Attributes {
  const { kind, mode, uid, gid, atime, mtime, ctime, target, xattrs } = inode;
  return { kind, mode, uid, gid, atime, mtime, ctime, target, xattrs };
}

function asEntry(name: string, { ino, kind, policy }: EntryState): Entry {
  return { name: keyName(name), ino, kind, policy };
}

/** Field by field: spreading the attributes is ten times slower, and this answers every stat. */
function asInode(inode: InodeState, state: Overlay): Inode {
  const { kind, mode, uid, gid, atime, mtime, ctime, target, xattrs } = inode.attributes;
  return {
    ino: inode.ino,
    kind,
    mode,
    uid,
    gid,
    atime,
    mtime,
    ctime,
    target,
    xattrs,
    nlink: inode.nlink,
    size: sizeOf(inode, state),
    object: inode.object,
    version: inode.version,
    putIndex: inode.putIndex,
  };
}

function sizeOf({ attributes, object }: InodeState, state: Overlay): number {
  if (object === 0) return attributes.target?.length ?? 0;
  const length = state.objectLength(object);
  if (length === undefined) throw new SherinError('MANIFEST_BROKEN', { part: `object ${object} is missing` });
  return length;
}
