/** The generated attributes `user.sherin.*`: answered by name, never listed, and but for the namespace of a directory never written. */
import { namespaceXattr, sherinPrefix } from '../../common/sherin-xattrs.js';
import { isoTime } from '../../common/time.js';
import type { Inode } from '../manifest/tree.js';
import type { FileFacts, MountSource } from './source.js';

const ofFiles: Readonly<Record<string, (facts: FileFacts) => string | Buffer | undefined>> = {
  id: (facts) => facts.id,
  cubes: (facts) => String(facts.cubes),
  root: (facts) => facts.root.toString('hex'),
  verified: (facts) => (facts.verified === null ? undefined : isoTime(facts.verified)),
  proof: (facts) => facts.proof,
  versions: (facts) => String(facts.versions),
  policy: (facts) => facts.policy,
};

/** The value of a `user.sherin.*` attribute; undefined for other names and for files without content. */
export async function sherinXattr(
  source: MountSource,
  inode: Inode,
  name: string,
): Promise<Buffer | undefined> {
  if (!name.startsWith(sherinPrefix)) return undefined;
  const key = name.slice(sherinPrefix.length);
  if (inode.kind === 'directory') {
    return name === namespaceXattr ? Buffer.from(await source.namespace(inode.ino)) : undefined;
  }
  if (inode.kind !== 'file' || !Object.hasOwn(ofFiles, key)) return undefined;
  const facts = await source.fileFacts(inode.ino);
  const value = facts === null ? undefined : ofFiles[key]?.(facts);
  return value === undefined ? undefined : Buffer.from(value);
}
