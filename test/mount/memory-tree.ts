/** A tree in plain memory, to test the mount without a vault. */
import {
  asSherinId,
  formatSherinId,
  parseNamespace,
  type SherinId,
  type SherinIdParts,
} from '../../common/ids.js';
import { sha256 } from '../../common/merkle.js';
import type { Attributes, PolicyTag } from '../../fs/manifest/records.js';
import type { Entry, Inode, ObjectInfo } from '../../fs/manifest/tree.js';
import type { TreeView } from '../../fs/mount/source.js';

export type Content = { readonly seed: number; readonly size: number } | { readonly data: Buffer };

export function sizeOf(content: Content): number {
  return 'data' in content ? content.data.length : content.size;
}

interface MemoryInode extends Inode {
  readonly content: Content | null;
}

interface Link {
  readonly parent: number;
  readonly name: Buffer;
  readonly policy: PolicyTag;
}

const start = 1_700_000_000_123_456_789n;

export function attributes(kind: Attributes['kind'], change: Partial<Attributes> = {}): Attributes {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const times = { atime: start, mtime: start, ctime: start };
  const mode = kind === 'directory' ? 0o755 : kind === 'symlink' ? 0o777 : 0o644;
  return { kind, mode, ...owner, ...times, target: null, xattrs: [], ...change };
}

export class MemoryTree implements TreeView {
  readonly #inodes = new Map<number, MemoryInode>();
  readonly #entries = new Map<number, Map<string, Entry>>();
  readonly #objects: (ObjectInfo & { readonly content: Content })[] = [];
  readonly #links = new Map<number, Link[]>();
  #next = 1;

  constructor() {
    this.#create(attributes('directory'), null);
  }

  lookup(parent: number, name: Buffer): Entry | undefined {
    return this.#entries.get(parent)?.get(name.toString('latin1'));
  }
  inode(ino: number): MemoryInode | undefined {
    return this.#inodes.get(ino);
  }
  *list(parent: number): Iterable<Entry> {
    yield* this.#entries.get(parent)?.values() ?? [];
  }
  object(no: number): ObjectInfo | undefined {
    return this.#objects[no - 1];
  }
  storedOf({ object, size }: { readonly object: number; readonly size: number }): number {
    return object === 0 ? size : this.storedBytes(object);
  }
  storedBytes(no: number): number {
    return this.object(no)?.length ?? 0;
  }
  objectById(id: SherinIdParts): ObjectInfo | undefined {
    const text = formatSherinId(id);
    return this.#objects.find((object) => object.id === text);
  }
  inodesOf(object: number): readonly number[] {
    return [...this.#inodes.values()].filter((inode) => inode.object === object).map((inode) => inode.ino);
  }
  linksOf(ino: number): readonly Link[] {
    return this.#links.get(ino) ?? [];
  }
  parentsOf(ino: number): readonly number[] {
    return this.linksOf(ino).map(({ parent }) => parent);
  }
  directory(ino: number) {
    const { kind, xattrs } = this.inode(ino) ?? {};
    if (kind !== 'directory' || xattrs === undefined) return undefined;
    return { parent: this.parentsOf(ino)[0] ?? 0, xattrs };
  }
  counts() {
    return { inodes: this.#inodes.size, entries: 0, objects: this.#objects.length, cubes: 0, quarantined: 0 };
  }

  contentOf(id: SherinId): Content | undefined {
    return this.#objects.find((object) => object.id === id)?.content;
  }

  /** A new file, directory or other thing; returns its inode number. */
  add(parent: number, name: Buffer | string, given: Attributes, content: Content | null = null): number {
    const ino = this.#create(given, content);
    this.link(parent, name, ino);
    return ino;
  }

  link(parent: number, name: Buffer | string, ino: number): void {
    const bytes = Buffer.from(name);
    const inode = this.#inode(ino);
    const names = this.#entries.get(parent);
    names?.set(bytes.toString('latin1'), { name: bytes, ino, kind: inode.kind, policy: 'user' });
    const links = this.#links.get(ino) ?? [];
    this.#links.set(ino, [...links, { parent, name: bytes, policy: 'user' }]);
    const nlink = inode.kind === 'directory' ? 2 : links.length + 1;
    this.#inodes.set(ino, { ...inode, nlink });
  }

  put(ino: number, content: Content): void {
    const inode = this.#inode(ino);
    const object = this.#object(content);
    this.#inodes.set(ino, { ...inode, content, object, size: sizeOf(content), version: inode.version + 1 });
  }

  #inode(ino: number): MemoryInode {
    const inode = this.#inodes.get(ino);
    if (inode === undefined) throw new RangeError(`no inode ${ino}`);
    return inode;
  }

  #create(given: Attributes, content: Content | null): number {
    const ino = this.#next++;
    const object = content === null ? 0 : this.#object(content);
    const size = content === null ? (given.target?.length ?? 0) : sizeOf(content);
    const history = { version: content === null ? 0 : 1, putIndex: -1, nlink: 1 };
    this.#inodes.set(ino, { ...given, ino, content, object, size, ...history });
    if (given.kind === 'directory') this.#entries.set(ino, new Map());
    return ino;
  }

  #object(content: Content): number {
    const no = this.#objects.length + 1;
    const root = sha256(Buffer.from(`object ${no}`));
    const parts = { namespace: parseNamespace('FILES'), date: 20260102, tag: root.subarray(0, 16) };
    const id = asSherinId(formatSherinId(parts));
    this.#objects.push({ no, id, length: sizeOf(content), root, node: Buffer.alloc(0), content });
    return no;
  }
}
