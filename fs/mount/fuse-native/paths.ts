/** Requests name what they are about by its path from the top of the mount; libfuse keeps it from changing until they are answered. */
import type { FileSystem } from '../file-system.js';
import type { Node } from '../node.js';
import type { Caller } from '../source.js';

/** fuse-native tells nobody's name. */
export const caller: Caller = { uid: null, gid: null, pid: null };

export interface NamePlace {
  readonly parent: Node;
  readonly name: Buffer;
}

function namesOf(path: string): Buffer[] {
  return path
    .split('/')
    .filter((name) => name !== '')
    .map((name) => Buffer.from(name));
}

/** @throws PosixError ENOENT, ENOTDIR; SherinError of the source */
export function nodeAt(fs: FileSystem, path: string): Promise<Node> {
  return fs.resolve(namesOf(path), caller);
}

/** The directory that a path ends in, and the name there, of which there need be nothing. @throws as {@link nodeAt} */
export async function placeAt(fs: FileSystem, path: string): Promise<NamePlace> {
  const names = namesOf(path);
  const name = names.pop() ?? Buffer.alloc(0);
  return { parent: await fs.resolve(names, caller), name };
}
