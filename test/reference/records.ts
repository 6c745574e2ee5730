/** Records of the manifest log (FORMAT.md, "Manifest log"). */
import { Cursor, concatBytes, i64, join, u8, u16, u32, u64 } from './bytes.js';
import { asObject, type JsonObject, jcs, parseJcs } from './json.js';
import { checkNode, checkRootNode } from './object-tree.js';
import { malformed, must } from './refused.js';
import { isSherinId, type ObjectName, sherinId } from './sherin-id.js';

export type Attributes = {
  /** 1 file, 2 directory, 3 symbolic link, 4 FIFO, 5 socket */
  readonly kind: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly target: Uint8Array;
  readonly xattrs: readonly (readonly [Uint8Array, Uint8Array])[];
};

export type Body =
  | { readonly type: 'attributes'; readonly inode: number; readonly attributes: Attributes }
  | { readonly type: 'link'; readonly parent: number; readonly inode: number; readonly name: Uint8Array }
  | { readonly type: 'unlink'; readonly parent: number; readonly name: Uint8Array }
  | {
      readonly type: 'rename';
      readonly parent: number;
      readonly name: Uint8Array;
      readonly newParent: number;
      readonly newName: Uint8Array;
      readonly exchange: boolean;
    }
  | {
      readonly type: 'put';
      readonly inode: number;
      readonly object: ObjectName;
      readonly length: number;
      readonly root: Uint8Array;
      readonly random: Uint8Array;
      readonly derivedFrom: readonly string[];
      readonly taskId: string;
      readonly botId: string;
      readonly botVersion: string;
      readonly node: Uint8Array;
    }
  | { readonly type: 'policy'; readonly parent: number; readonly name: Uint8Array; readonly tag: number }
  | { readonly type: 'grant'; readonly grant: JsonObject }
  | { readonly type: 'quarantine'; readonly cube: Uint8Array; readonly reason: number }
  | { readonly type: 'heal'; readonly cube: Uint8Array }
  | {
      readonly type: 'collect';
      /** 1 gc, 2 destroy */
      readonly by: number;
      readonly puts: readonly number[];
      readonly objects: readonly number[];
    }
  | {
      readonly type: 'layout';
      readonly object: number;
      readonly random: Uint8Array;
      readonly node: Uint8Array;
    };

export interface LogRecord {
  readonly time: bigint;
  readonly body: Body;
}

const types = [
  'attributes',
  'link',
  'unlink',
  'rename',
  'put',
  'policy',
  'grant',
  'quarantine',
  'heal',
  'collect',
  'layout',
] as const;
const ascii = new TextDecoder('utf-8', { fatal: true });
const latin = new TextDecoder('latin1');

const short = (bytes: Uint8Array | string): Uint8Array => join(u8(join(bytes).length), bytes);
const middle = (bytes: Uint8Array): Uint8Array => join(u16(bytes.length), bytes);
const long = (bytes: Uint8Array): Uint8Array => join(u32(bytes.length), bytes);

const numbers = (list: readonly number[]): Uint8Array => concatBytes(u32(list.length), ...list.map(u64));

function encodeBody(body: Body): Uint8Array {
  switch (body.type) {
    case 'attributes': {
      const { kind, mode, uid, gid, atime, mtime, ctime, target, xattrs } = body.attributes;
      return join(
        join(u64(body.inode), u8(kind), u16(mode), u32(uid), u32(gid), i64(atime), i64(mtime), i64(ctime)),
        middle(target),
        u16(xattrs.length),
        ...xattrs.map(([name, value]) => join(middle(name), long(value))),
      );
    }
    case 'link':
      return join(u64(body.parent), u64(body.inode), middle(body.name));
    case 'unlink':
      return join(u64(body.parent), middle(body.name));
    case 'rename':
      return join(
        join(u64(body.parent), middle(body.name), u64(body.newParent), middle(body.newName)),
        u8(body.exchange ? 1 : 0),
      );
    case 'put':
      return join(
        join(u64(body.inode), short(body.object.namespace), u32(body.object.date), body.object.tag),
        join(u64(body.length), body.root, body.random),
        join(u8(body.derivedFrom.length), ...body.derivedFrom.map(short)),
        join(short(body.taskId), short(body.botId), short(body.botVersion), long(body.node)),
      );
    case 'policy':
      return join(u64(body.parent), middle(body.name), u8(body.tag));
    case 'grant':
      return long(join(jcs(body.grant)));
    case 'quarantine':
      return join(body.cube, u8(body.reason));
    case 'heal':
      return body.cube;
    case 'collect':
      return join(u8(body.by), numbers(body.puts), numbers(body.objects));
    case 'layout':
      return join(u64(body.object), body.random, long(body.node));
  }
}

export function encodeRecord(record: LogRecord): Uint8Array {
  const type = types.indexOf(record.body.type) + 1;
  return concatBytes(u8(type), u8(1), u16(0), i64(record.time), encodeBody(record.body));
}

function takeName(cursor: Cursor): Uint8Array {
  const name = cursor.take(cursor.u16());
  must(name.length >= 1 && name.length <= 255, 'length of a name');
  must(!name.includes(0x2f) && !name.includes(0), 'a name holds / or a zero byte');
  must(!name.every((byte) => byte === 0x2e) || name.length > 2, 'a name is . or ..');
  return name;
}

function takeText(cursor: Cursor): string {
  try {
    return ascii.decode(cursor.take(cursor.u8()));
  } catch {
    throw malformed('a text is not UTF-8');
  }
}

function takeXattr(cursor: Cursor): readonly [Uint8Array, Uint8Array] {
  const [name, value] = [cursor.take(cursor.u16()), cursor.take(cursor.u32())];
  must(name.length >= 1 && name.length <= 255 && !name.includes(0), 'xattr name');
  must(value.length <= 65536, 'xattr value');
  return [name, value];
}

/** Attributes that begin with `user.sherin.` are those of FORMAT.md, "Tasks". */
function checkOwn(kind: number, name: string, value: string): void {
  if (!name.startsWith('user.sherin.')) return;
  must(kind === 2, 'an attribute of the vault on what is no directory');
  if (name === 'user.sherin.tasks') return;
  must(
    name === 'user.sherin.namespace',
    'an attribute that begins with user.sherin. and is none of the format',
  );
  const isNamespace = /^[A-Z][A-Z0-9-]{0,15}$/.test(value);
  must(
    isNamespace && !['TASK', 'OUT', 'RESULT', 'POLICY'].includes(value),
    'a namespace that no directory has',
  );
}

function takeInode(cursor: Cursor): number {
  const inode = cursor.u64();
  must(inode > 0, 'inode 0');
  return inode;
}

function takeAttributes(cursor: Cursor): Attributes {
  const kind = cursor.u8();
  must(kind >= 1 && kind <= 5, 'inode kind');
  const mode = cursor.u16();
  must(mode <= 0o7777, 'mode');
  const [uid, gid] = [cursor.u32(), cursor.u32()];
  const [atime, mtime, ctime] = [cursor.i64(), cursor.i64(), cursor.i64()];
  const target = cursor.take(cursor.u16());
  must((kind === 3) === target.length > 0, 'a link target without a link, or a link without one');
  must(target.length <= 4095 && !target.includes(0), 'link target');
  const xattrs = Array.from({ length: cursor.u16() }, () => takeXattr(cursor));
  must(new Set(xattrs.map(([name]) => name.join())).size === xattrs.length, 'xattr names repeat');
  for (const [name, value] of xattrs) checkOwn(kind, latin.decode(name), latin.decode(value));
  return { kind, mode, uid, gid, atime, mtime, ctime, target, xattrs };
}

function takePut(cursor: Cursor): Body {
  const inode = takeInode(cursor);
  const namespace = takeText(cursor);
  must(/^[A-Z][A-Z0-9-]{0,15}$/.test(namespace), 'namespace');
  const object = { namespace, date: cursor.u32(), tag: cursor.take(16) };
  const [length, root, random] = [cursor.u64(), cursor.take(32), cursor.take(16)];
  const derivedFrom = Array.from({ length: cursor.u8() }, () => takeText(cursor));
  must(derivedFrom.every(isSherinId), 'a derived-from ID');
  must(isSherinId(sherinId(object)), 'the object’s date');
  const [taskId, botId, botVersion] = [takeText(cursor), takeText(cursor), takeText(cursor)];
  const node = cursor.take(cursor.u32());
  checkRootNode(node, length);
  return {
    type: 'put',
    inode,
    object,
    length,
    root,
    random,
    derivedFrom,
    taskId,
    botId,
    botVersion,
    node,
  };
}

function takeLayout(cursor: Cursor): Body {
  const object = cursor.u64();
  must(object > 0, 'object 0');
  const [random, node] = [cursor.take(16), cursor.take(cursor.u32())];
  checkNode(node);
  return { type: 'layout', object, random, node };
}

function takeUpTo(cursor: Cursor, least: number, most: number, part: string): number {
  const value = cursor.u8();
  must(value >= least && value <= most, part);
  return value;
}

function takeAscending(cursor: Cursor, least = 0): number[] {
  const count = cursor.u32();
  must(count <= 8192, 'length of a list');
  const list = Array.from({ length: count }, () => cursor.u64());
  must(
    list.every((value, at) => value >= least && value > (list[at - 1] ?? -1)),
    'numbers ascend',
  );
  return list;
}

function takeBody(type: (typeof types)[number], cursor: Cursor): Body {
  switch (type) {
    case 'attributes':
      return { type, inode: takeInode(cursor), attributes: takeAttributes(cursor) };
    case 'link':
      return { type, parent: takeInode(cursor), inode: takeInode(cursor), name: takeName(cursor) };
    case 'unlink':
      return { type, parent: takeInode(cursor), name: takeName(cursor) };
    case 'rename': {
      const [parent, name, newParent, newName] = [
        takeInode(cursor),
        takeName(cursor),
        takeInode(cursor),
        takeName(cursor),
      ];
      return { type, parent, name, newParent, newName, exchange: takeUpTo(cursor, 0, 1, 'exchange') === 1 };
    }
    case 'put':
      return takePut(cursor);
    case 'policy':
      return {
        type,
        parent: takeInode(cursor),
        name: takeName(cursor),
        tag: takeUpTo(cursor, 0, 2, 'policy tag'),
      };
    case 'grant':
      return { type, grant: asObject(parseJcs(cursor.take(cursor.u32())), 'grant') };
    case 'quarantine':
      return { type, cube: cursor.take(32), reason: takeUpTo(cursor, 1, 7, 'quarantine reason') };
    case 'heal':
      return { type, cube: cursor.take(32) };
    case 'collect':
      return {
        type,
        by: takeUpTo(cursor, 1, 2, 'who collects'),
        puts: takeAscending(cursor),
        objects: takeAscending(cursor, 1),
      };
    case 'layout':
      return takeLayout(cursor);
  }
}

/** @throws Refused malformed */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  const cursor = new Cursor(bytes);
  const type = types[cursor.u8() - 1];
  must(type !== undefined, 'record type');
  must(cursor.u8() === 1 && cursor.u16() === 0, 'record version');
  const time = cursor.i64();
  const body = takeBody(type, cursor);
  cursor.end();
  return { time, body };
}
