/** The records that bring an old version of a file back, as its newest one. */
import { SherinError } from '../../common/errors.js';
import type { Manifest } from '../manifest/manifest.js';
import { type Attributes, type Mutation, type Put, rootInode } from '../manifest/records.js';
import { touched } from '../manifest/touched.js';
import { isCollected } from '../manifest/tree.js';
import { namesText } from '../tree-path.js';
import type { GivenUp, PathVersion } from './path-history.js';

/**
 * Content, mode, owner, time of modification and extended attributes of the version; other names of the file show it, too. Where the
 * path is gone it is made again, with directories on the way.
 * @param now nanoseconds since 1970, the new change time
 * @throws SherinError IS_DIRECTORY, NOT_DIRECTORY, USAGE where something else stands there; MANIFEST_BROKEN
 */
export function restoring(
  manifest: Manifest,
  path: readonly Buffer[],
  version: PathVersion,
  now: bigint,
): { readonly inode: number; readonly mutations: readonly Mutation[] } {
  const name = path.at(-1);
  if (name === undefined) throw new SherinError('IS_DIRECTORY', { path: 'files/' });
  const mutations: Mutation[] = [];
  const parent = directory(manifest, path.slice(0, -1), now, mutations);
  const present = manifest.tree.lookup(parent, name);
  if (present !== undefined && present.kind !== 'file') refuse(present.kind, namesText(path));
  const inode = present?.ino ?? manifest.newInode();
  const attributes: Attributes = { ...attributesThen(manifest, version), ctime: now };
  mutations.push({ type: 'attributes', inode, attributes });
  if (present === undefined) {
    mutations.push({ type: 'link', parent, inode, name });
    mutations.push(...touched(manifest.tree, parent, now));
  }
  if (version.put >= 0) mutations.push({ ...keptPut(manifest, version), inode });
  return { inode, mutations };
}

/** The put that a version shows. @throws SherinError MANIFEST_BROKEN */
export function putOf(manifest: Manifest, { put }: Pick<PathVersion, 'put'>): Put {
  const { mutation } = manifest.record(put);
  if (mutation.type !== 'put') throw new SherinError('MANIFEST_BROKEN', { part: `record ${put} is no put` });
  return mutation;
}

/**
 * The put that a version shows, with the place where its content is now.
 * @throws SherinError VERSION_COLLECTED, MANIFEST_BROKEN
 */
export function keptPut(manifest: Manifest, version: PathVersion): Put {
  const put = putOf(manifest, version);
  const object = manifest.tree.objectById(put.id);
  if (version.givenUp !== undefined || object === undefined || isCollected(object))
    throw new SherinError('VERSION_COLLECTED', { what: 'the version', part: givenUpText(version.givenUp) });
  return { ...put, node: object.node };
}

/** For people: who gave something up, and when. */
export function givenUpText(givenUp?: GivenUp): string {
  if (givenUp === undefined) return 'sherinctl gc or destroy gave it up';
  const time = new Date(Number(givenUp.time / 1_000_000n)).toISOString().replace(/\.\d+/, '');
  return `sherinctl ${givenUp.by} gave it up at ${time}`;
}

function attributesThen(manifest: Manifest, { attributes }: PathVersion): Attributes {
  const { mutation } = manifest.record(attributes);
  if (mutation.type === 'attributes') return mutation.attributes;
  throw new SherinError('MANIFEST_BROKEN', { part: `record ${attributes} holds no attributes` });
}

/** The directory of a path; what is missing of it is made, as its parent is. */
function directory(manifest: Manifest, path: readonly Buffer[], now: bigint, mutations: Mutation[]): number {
  const found = manifest.tree.find(path);
  if (found !== undefined) {
    if (found.kind !== 'directory') throw new SherinError('NOT_DIRECTORY', { path: namesText(path) });
    return found.ino;
  }
  const name = path.at(-1);
  if (name === undefined) return rootInode;
  const parent = directory(manifest, path.slice(0, -1), now, mutations);
  const inode = manifest.newInode();
  const like = manifest.tree.inode(parent) ?? manifest.tree.inode(rootInode);
  const { uid, gid, mode } = like ?? { uid: 0, gid: 0, mode: 0o700 };
  const attributes = { kind: 'directory', mode, uid, gid, atime: now, mtime: now, ctime: now } as const;
  mutations.push({ type: 'attributes', inode, attributes: { ...attributes, target: null, xattrs: [] } });
  mutations.push({ type: 'link', parent, inode, name });
  return inode;
}

function refuse(kind: string, path: string): never {
  if (kind === 'directory') throw new SherinError('IS_DIRECTORY', { path });
  throw new SherinError('USAGE', { what: `${path} is a ${kind} now; move it away first` });
}
