/** An inode's attributes as they stand in records (FORMAT.md, "Manifest log", type 1). */
import { type ByteReader, type ByteWriter, MalformedBytes } from '../../common/bytes.js';
import { nearestTime } from '../../common/nearest-time.js';
import { namespaceXattr, sherinPrefix, tasksXattr } from '../../common/sherin-xattrs.js';
import { pick } from './code-table.js';
import { namespaceFault } from './own-namespace.js';
import { type Attributes, inodeKinds } from './records.js';

const ownPrefix = Buffer.from(sherinPrefix);
const [namespaceName, tasksName] = [Buffer.from(namespaceXattr), Buffer.from(tasksXattr)];
/** PATH_MAX − 1 of Linux. */
const longestTarget = 4095;
/** XATTR_SIZE_MAX of Linux. */
const longestValue = 65_536;

export function writeAttributes(out: ByteWriter, attributes: Attributes): void {
  out.u8(inodeKinds.indexOf(attributes.kind)).u16(attributes.mode);
  out.u32(attributes.uid).u32(attributes.gid);
  out.i64n(attributes.atime).i64n(attributes.mtime).i64n(attributes.ctime);
  writeExtra(out, attributes);
}

/** The parts of variable length: link target and extended attributes. */
export function writeExtra(out: ByteWriter, attributes: Pick<Attributes, 'target' | 'xattrs'>): void {
  out.bytes16(attributes.target ?? Buffer.alloc(0));
  out.u16(attributes.xattrs.length);
  for (const [name, value] of attributes.xattrs) out.bytes16(name).bytes32(value);
}

/** @throws MalformedBytes */
export function readAttributes(input: ByteReader): Attributes {
  const kind = pick(inodeKinds, input.u8(), 'inode kind');
  const mode = input.u16();
  const uid = input.u32();
  const gid = input.u32();
  const [atime, mtime, ctime] = [input.i64n(), input.i64n(), input.i64n()];
  const { target, xattrs } = readExtra(input, kind);
  const attributes = { kind, mode, uid, gid, atime, mtime, ctime, target, xattrs };
  const fault = attributesFault(attributes);
  if (fault !== null) throw new MalformedBytes(fault);
  return attributes;
}

/** @throws MalformedBytes */
export function readExtra(
  input: ByteReader,
  kind: Attributes['kind'],
): Pick<Attributes, 'target' | 'xattrs'> {
  const target = input.copy(input.u16());
  const xattrs: [Buffer, Buffer][] = [];
  for (let left = input.u16(); left > 0; left--) {
    xattrs.push([input.copy(input.u16()), input.copy(input.u32())]);
  }
  return { target: kind === 'symlink' || target.length > 0 ? target : null, xattrs };
}

/** What the vault itself keeps there and is not known is of another program: who passed over it might open what that closes. */
function isUnknownOwn(kind: Attributes['kind'], name: Buffer): boolean {
  if (!name.subarray(0, ownPrefix.length).equals(ownPrefix) || name.equals(namespaceName)) return false;
  return kind !== 'directory' || !name.equals(tasksName);
}

/** Why these attributes can not be stored; null when they can. */
export function attributesFault(attributes: Attributes): string | null {
  const { kind, mode, target, xattrs } = attributes;
  for (const time of [attributes.atime, attributes.mtime, attributes.ctime]) {
    if (nearestTime(time) !== time) return 'a time before 1677 or after 2262';
  }
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777) return `mode ${mode}`;
  if (kind !== 'symlink' && target !== null) return `a ${kind} with a link target`;
  if (kind === 'symlink' && (target === null || target.length === 0)) return 'a symbolic link without target';
  if (target !== null && (target.length > longestTarget || target.includes(0))) return 'link target';
  if (xattrs.length === 0) return null;
  const names = new Set<string>();
  for (const [name, value] of xattrs) {
    if (name.length === 0 || name.length > 255 || name.includes(0)) return 'xattr name';
    if (value.length > longestValue) return 'xattr value too long';
    if (isUnknownOwn(kind, name)) return 'an attribute of the vault that this program does not know';
    names.add(name.toString('latin1'));
  }
  if (names.size !== xattrs.length || xattrs.length > 0xffff) return 'xattr names repeat';
  return namespaceFault(attributes);
}
