/**
 * What each record does to the tree (FORMAT.md, "Snapshot", replay), with every rule it must fit. A mutation that does
 * not fit throws before it changes anything.
 */
import { SherinError } from '../../common/errors.js';
import { requireSherinId } from '../../common/ids.js';
import { bytesToText } from '../../common/names.js';
import { attributesFault } from './attributes-codec.js';
import { checkName, nameKey } from './entry-name.js';
import { nodeId, rootNodeFault } from './index-node.js';
import { entryPath, inodePath } from './inode-path.js';
import type { Overlay } from './overlay.js';
import { type Collect, type Layout, type Mutation, type Put, rootInode, stricter } from './records.js';
import {
  type EntryState,
  type InodeState,
  inlineNode,
  inodeWith,
  noNode,
  type ObjectState,
} from './state.js';

export interface ApplyContext {
  /** Log index and time of the record. */
  readonly index: number;
  readonly time: bigint;
  /** Whether an inode number that is not in the tree may come into use. */
  readonly mayCreate: (ino: number) => boolean;
}

type Of<T extends Mutation['type']> = Extract<Mutation, { type: T }>;

/** @throws SherinError when the mutation does not fit; the state is untouched then */
export function apply(state: Overlay, mutation: Mutation, context: ApplyContext): void {
  switch (mutation.type) {
    case 'attributes':
      setAttributes(state, mutation, context);
      return;
    case 'link':
      link(state, mutation);
      return;
    case 'unlink':
      unlink(state, mutation.parent, mutation.name);
      return;
    case 'rename':
      if (mutation.exchange) exchange(state, mutation);
      else rename(state, mutation);
      return;
    case 'put':
      put(state, mutation, context);
      return;
    case 'policy': {
      const { entry, key } = source(state, mutation.parent, mutation.name);
      state.setEntry(mutation.parent, key, { ...entry, policy: mutation.tag });
      return;
    }
    case 'grant':
      return;
    case 'quarantine': {
      const { cube, reason } = mutation;
      state.setQuarantine(cube, { cube, reason, time: context.time });
      return;
    }
    case 'heal':
      state.setQuarantine(mutation.cube, null);
      return;
    case 'collect':
      collect(state, mutation, context);
      return;
    case 'layout':
      layOut(state, mutation);
      return;
  }
}

function setAttributes(
  state: Overlay,
  { inode: ino, attributes }: Of<'attributes'>,
  context: ApplyContext,
): void {
  const fault = attributesFault(attributes);
  if (fault !== null) throw misuse(`attributes: ${fault}`);
  const known = state.inode(ino);
  if (known === undefined) {
    if (!Number.isSafeInteger(ino) || ino < 1 || ino >= Number.MAX_SAFE_INTEGER) throw misuse(`inode ${ino}`);
    if (!context.mayCreate(ino)) throw misuse(`inode ${ino} was used before`);
    const nlink = attributes.kind === 'directory' ? 2 : 0;
    const fresh = { ino, attributes, nlink, entries: 0, parent: 0, object: 0, version: 0, putIndex: -1 };
    state.setInode(fresh);
    return;
  }
  if (known.attributes.kind !== attributes.kind) throw misuse(`inode ${ino} is a ${known.attributes.kind}`);
  state.setInode(inodeWith(known, { attributes }));
}

function link(state: Overlay, { parent, inode: ino, name }: Of<'link'>): void {
  checkName(name);
  directory(state, parent, name);
  const key = nameKey(name);
  if (state.entry(parent, key) !== undefined) {
    throw new SherinError('PATH_EXISTS', { path: entryPath(state, parent, name) });
  }
  const inode = state.inode(ino);
  if (inode === undefined) throw new SherinError('PATH_MISSING', { path: `inode ${ino}` });
  if (inode.attributes.kind === 'directory') {
    if (inode.parent !== 0 || ino === rootInode) throw misuse('a directory has one link');
    refuseCycle(state, ino, parent);
  }
  attach(state, parent, key, { ino, kind: inode.attributes.kind, policy: 'user' });
}

function unlink(state: Overlay, parent: number, name: Buffer): void {
  const { entry, key } = source(state, parent, name);
  const inode = existing(state, entry.ino);
  if (inode.entries > 0) throw new SherinError('NOT_EMPTY', { path: entryPath(state, parent, name) });
  detach(state, parent, key, entry);
  drop(state, entry.ino);
}

function rename(state: Overlay, { parent, name, newParent, newName }: Of<'rename'>): void {
  const { entry, key } = source(state, parent, name);
  checkName(newName);
  directory(state, newParent, newName);
  const newKey = nameKey(newName);
  const target = state.entry(newParent, newKey);
  // Two names of one file: rename(2) does nothing.
  if (target?.ino === entry.ino) return;
  if (entry.kind === 'directory') refuseCycle(state, entry.ino, newParent);
  if (target !== undefined) refuseReplacing(state, entry, target, newParent, newName);
  detach(state, parent, key, entry);
  if (target !== undefined) {
    detach(state, newParent, newKey, target);
    drop(state, target.ino);
  }
  // A path that was protected stays protected when something is moved over it, and so does what is moved.
  const policy = target === undefined ? entry.policy : stricter(entry.policy, target.policy);
  attach(state, newParent, newKey, { ...entry, policy });
}

function refuseReplacing(
  state: Overlay,
  entry: EntryState,
  target: EntryState,
  parent: number,
  name: Buffer,
): void {
  const path = (): string => entryPath(state, parent, name);
  if (target.kind === 'directory' && entry.kind !== 'directory') {
    throw new SherinError('IS_DIRECTORY', { path: path() });
  }
  if (target.kind !== 'directory' && entry.kind === 'directory') {
    throw new SherinError('NOT_DIRECTORY', { path: path() });
  }
  if (existing(state, target.ino).entries > 0) throw new SherinError('NOT_EMPTY', { path: path() });
}

function exchange(state: Overlay, { parent, name, newParent, newName }: Of<'rename'>): void {
  const a = source(state, parent, name);
  const b = source(state, newParent, newName);
  if (a.entry.ino === b.entry.ino) return;
  if (a.entry.kind === 'directory') refuseCycle(state, a.entry.ino, newParent);
  if (b.entry.kind === 'directory') refuseCycle(state, b.entry.ino, parent);
  const policy = stricter(a.entry.policy, b.entry.policy);
  detach(state, parent, a.key, a.entry);
  detach(state, newParent, b.key, b.entry);
  attach(state, newParent, b.key, { ...a.entry, policy });
  attach(state, parent, a.key, { ...b.entry, policy });
}

function put(state: Overlay, mutation: Put, context: ApplyContext): void {
  const inode = state.inode(mutation.inode);
  const path = (): string => inodePath(state, mutation.inode);
  if (inode === undefined) throw new SherinError('PATH_MISSING', { path: path() });
  if (inode.attributes.kind === 'directory') throw new SherinError('IS_DIRECTORY', { path: path() });
  if (inode.attributes.kind !== 'file') throw misuse(`a ${inode.attributes.kind} has no content`);
  const object = objectOf(state, mutation);
  state.setObject(object);
  const version = inode.version + 1;
  state.setInode(inodeWith(inode, { object: object.no, version, putIndex: context.index }));
}

/** The object that a put names: one that is known keeps its number and date and gets the newest node. */
function objectOf(state: Overlay, { id, length, root, node }: Put): ObjectState {
  const fault = root.length !== 32 ? 'object root is not 32 bytes' : rootNodeFault(node, length);
  if (fault !== null) throw misuse(fault);
  requireSherinId(id);
  const no = state.objectNumber(id.tag, id.namespace);
  const known = no === undefined ? undefined : state.object(no);
  if (known === undefined) {
    const { namespace, date, tag } = id;
    const kept = keptNode(node);
    return {
      no: state.counts.objects + 1,
      namespace,
      date,
      tag,
      length,
      root,
      node: kept.node,
      nodeLength: kept.nodeLength,
    };
  }
  if (known.length !== length || !known.root.equals(root)) throw misuse('an object ID for two contents');
  if (known.date !== id.date) throw misuse('an object ID with two dates');
  return { ...known, ...keptNode(node) };
}

/** A root node as the state has it. */
function keptNode(node: Buffer): Pick<ObjectState, 'node' | 'nodeLength'> {
  return { node: node.length > inlineNode ? nodeId(node) : node, nodeLength: node.length };
}

/** Says anew where the content of an object is. */
function layOut(state: Overlay, { object, node }: Layout): void {
  const known = state.object(object);
  if (known === undefined || known.nodeLength === 0) throw misuse('an object without content is laid out');
  const fault = rootNodeFault(node, known.length);
  if (fault !== null) throw misuse(fault);
  state.setObject({ ...known, ...keptNode(node) });
}

/** Takes away the content of objects; a later put of one brings it back. */
function collect(state: Overlay, { puts, objects }: Collect, { index }: ApplyContext): void {
  if ((puts.at(-1) ?? -1) >= index) throw misuse('a version that is not there yet is given up');
  const known = objects.map((no) => state.object(no));
  for (const object of known) {
    if (object === undefined) throw misuse('an object that is not there is given up');
  }
  for (const object of known) {
    if (object !== undefined) state.setObject({ ...object, node: noNode, nodeLength: 0 });
  }
}

/** Puts an entry in its place: counts it in the directory and in the inode. */
function attach(state: Overlay, parent: number, key: string, entry: EntryState): void {
  const isDirectory = entry.kind === 'directory';
  state.setEntry(parent, key, entry);
  const directory = existing(state, parent);
  const [entries, nlink] = [directory.entries + 1, directory.nlink + (isDirectory ? 1 : 0)];
  state.setInode(inodeWith(directory, { entries, nlink }));
  const inode = existing(state, entry.ino);
  state.setInode(inodeWith(inode, isDirectory ? { parent } : { nlink: inode.nlink + 1 }));
}

function detach(state: Overlay, parent: number, key: string, entry: EntryState): void {
  const isDirectory = entry.kind === 'directory';
  state.removeEntry(parent, key);
  const directory = existing(state, parent);
  const [entries, nlink] = [directory.entries - 1, directory.nlink - (isDirectory ? 1 : 0)];
  state.setInode(inodeWith(directory, { entries, nlink }));
  const inode = existing(state, entry.ino);
  state.setInode(inodeWith(inode, isDirectory ? { parent: 0 } : { nlink: inode.nlink - 1 }));
}

/** An inode that has lost its last link is gone. */
function drop(state: Overlay, ino: number): void {
  const inode = existing(state, ino);
  const linked = inode.attributes.kind === 'directory' ? inode.parent !== 0 : inode.nlink > 0;
  if (!linked) state.removeInode(ino);
}

/** The entry that an operation starts from. */
function source(state: Overlay, parent: number, name: Buffer): { entry: EntryState; key: string } {
  checkName(name);
  directory(state, parent, name);
  const key = nameKey(name);
  const entry = state.entry(parent, key);
  if (entry === undefined) throw new SherinError('PATH_MISSING', { path: entryPath(state, parent, name) });
  return { entry, key };
}

function directory(state: Overlay, ino: number, name: Buffer): void {
  const inode = state.inode(ino);
  if (inode === undefined)
    throw new SherinError('PATH_MISSING', { path: `inode ${ino}/${bytesToText(name)}` });
  if (inode.attributes.kind !== 'directory')
    throw new SherinError('NOT_DIRECTORY', { path: inodePath(state, ino) });
}

/** Refuses to put a directory below itself. */
function refuseCycle(state: Overlay, ino: number, newParent: number): void {
  for (let above = newParent; above !== 0; above = state.inode(above)?.parent ?? 0) {
    if (above === ino) throw new SherinError('MOVE_INTO_SELF', { path: inodePath(state, ino) });
  }
}

function existing(state: Overlay, ino: number): InodeState {
  const inode = state.inode(ino);
  if (inode === undefined) throw misuse(`inode ${ino} is not in the tree`);
  return inode;
}

function misuse(what: string): SherinError {
  return new SherinError('USAGE', { what });
}
