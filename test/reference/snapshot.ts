/** The snapshot of a tree, laid out from the replayed log (FORMAT.md, "Snapshot"). */
import { compareBytes, concatBytes, i64, join, u8, u16, u32, u64 } from './bytes.js';
import { frontierOf } from './merkle.js';
import type { Entry, Names, StoredObject } from './names.js';
import { nodeId } from './object-tree.js';
import type { Attributes } from './records.js';

/** Root nodes up to this length stand in the snapshot itself. */
const inlineNode = 512;

/** Bytes of variable length, in the order in which they are added. */
class Heap {
  readonly parts: Uint8Array[] = [];
  length = 0;

  /** The offset at which the bytes stand. */
  add(bytes: Uint8Array): number {
    this.parts.push(bytes);
    this.length += bytes.length;
    return this.length - bytes.length;
  }
}

function extra({ target, xattrs }: Attributes): Uint8Array {
  if (target.length === 0 && xattrs.length === 0) return new Uint8Array(0);
  const pairs = xattrs.map(([name, value]) => join(u16(name.length), name, u32(value.length), value));
  return join(u16(target.length), target, u16(xattrs.length), ...pairs);
}

interface Linked {
  readonly parent: number;
  readonly entry: Entry;
}

/** Every entry of the tree, by parent, then name. */
function allEntries(names: Names): Linked[] {
  const parents = [...names.inodes.keys()].sort((a, b) => a - b);
  return parents.flatMap((parent) => {
    const entries = [...(names.inodes.get(parent)?.names.values() ?? [])];
    return entries.sort((a, b) => compareBytes(a.name, b.name)).map((entry) => ({ parent, entry }));
  });
}

function inodeRows(names: Names, entries: readonly Linked[], heap: Heap): Uint8Array[] {
  const isDirectory = (number: number): boolean => names.inode(number).attributes.kind === 2;
  const parents = new Map(entries.map(({ parent, entry }) => [entry.inode, parent]));
  const numbers = [...names.inodes.keys()].sort((a, b) => a - b);
  return numbers.map((number) => {
    const { attributes, links, names: below, put, puts, putIndex } = names.inode(number);
    const { kind, mode, uid, gid, atime, mtime, ctime } = attributes;
    const directory = kind === 2;
    const subdirectories = [...below.values()].filter((entry) => isDirectory(entry.inode)).length;
    const object = put === undefined ? 0 : (names.objectOf(put)?.no ?? 0);
    const [a, b] = directory ? [below.size, parents.get(number) ?? 0] : [object, putIndex + 1];
    const more = extra(attributes);
    return join(
      join(u64(number), u8(kind), u8(0), u16(mode), u32(uid), u32(gid)),
      join(u32(directory ? 2 + subdirectories : links), i64(atime), i64(mtime), i64(ctime)),
      join(u64(a), u64(b), u32(puts), u32(more.length), u64(heap.add(more))),
    );
  });
}

function entryRow({ parent, entry }: Linked, names: Names, heap: Heap): Uint8Array {
  const { kind } = names.inode(entry.inode).attributes;
  const offset = u64(heap.add(entry.name)).slice(0, 6);
  return join(u64(parent), u64(entry.inode), offset, u8(entry.name.length), u8(kind + 16 * entry.policy));
}

function objectRow({ put, node: last, collected }: StoredObject, heap: Heap): Uint8Array {
  const { object, length, root } = put;
  const node = collected ? new Uint8Array(0) : last;
  const offset = heap.add(node.length <= inlineNode ? node : nodeId(node));
  const padding = new Uint8Array(16 - object.namespace.length);
  return join(
    join(u64(length), root, object.tag, u32(object.date), u32(node.length), u64(offset)),
    join(object.namespace, padding),
  );
}

function padded(bytes: Uint8Array): Uint8Array {
  return join(bytes, new Uint8Array((4096 - (bytes.length % 4096)) % 4096));
}

/** `leaves`: leaf hashes of the records that made this tree. */
export function encodeSnapshot(names: Names, leaves: readonly Uint8Array[]): Uint8Array {
  const heap = new Heap();
  const entries = allEntries(names);
  const objects = names.objects;
  const byId = [...objects].sort(
    ({ put: a }, { put: b }) =>
      compareBytes(a.object.tag, b.object.tag) ||
      compareBytes(join(a.object.namespace), join(b.object.namespace)),
  );
  const quarantine = [...names.quarantine].sort((a, b) => compareBytes(a.cube, b.cube));
  const rows = concatBytes(
    ...inodeRows(names, entries, heap),
    ...entries.map((entry) => entryRow(entry, names, heap)),
    ...objects.map((object) => objectRow(object, heap)),
    ...byId.map(({ no }) => u32(no)),
    ...quarantine.map(({ cube, time, reason }) => join(cube, i64(time), u8(reason), new Uint8Array(7))),
  );
  const counts = [names.inodes.size, entries.length, objects.length, quarantine.length, heap.length];
  const frontier = frontierOf(leaves);
  const start = join(
    join('SHERIN:S', u32(1), u32(0), u64(leaves.length), u64(names.nextInode), ...counts.map(u64)),
    join(u32(frontier.length), ...frontier),
  );
  return padded(concatBytes(padded(start), rows, ...heap.parts));
}
