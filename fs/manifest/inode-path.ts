/** Paths as text for error messages, as far as they can be told without an index of links. */
import { bytesToText } from '../../common/names.js';
import { keyName } from './entry-name.js';
import { rootInode } from './records.js';
import type { TreeState } from './state.js';

/** The path of a directory below files/, `inode N` for anything else. */
export function inodePath(state: TreeState, ino: number): string {
  const names: string[] = [];
  for (let at = ino; at !== rootInode; ) {
    const parent = state.inode(at)?.parent ?? 0;
    const name = parent === 0 ? undefined : nameIn(state, parent, at);
    if (name === undefined) return `inode ${ino}`;
    names.push(bytesToText(keyName(name)));
    at = parent;
  }
  return `/${names.reverse().join('/')}`;
}

export function entryPath(state: TreeState, parent: number, name: Buffer): string {
  const directory = inodePath(state, parent);
  return `${directory === '/' ? '' : directory}/${bytesToText(name)}`;
}

function nameIn(state: TreeState, parent: number, ino: number): string | undefined {
  for (const [name, entry] of state.list(parent, null)) if (entry.ino === ino) return name;
  return undefined;
}
