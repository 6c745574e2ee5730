/** Which directories have a namespace of their own. */
import { setImmediate } from 'node:timers/promises';
import { SherinError } from '../../../common/errors.js';
import { ownNamespace } from '../../manifest/own-namespace.js';
import { rootInode } from '../../manifest/records.js';
import type { Tree } from '../../manifest/tree.js';
import type { Caller } from '../../mount/source.js';
import { pathText } from '../../tree-path.js';
import type { VaultView } from '../session/vault-view.js';

export interface AssignedDirectory {
  /** As people read it: `files/a`. */
  readonly path: string;
  readonly namespace: string;
}

/** Entries between two turns of the event loop. */
const stride = 1000;

/**
 * All of them, in the order of their paths, but for those in directories that access rules do not let the caller list. Such as come or go meanwhile may be missed.
 * @throws SherinError LOCKED, also where the vault is locked meanwhile; TPM_*
 */
export async function assignedDirectories(vault: VaultView, caller: Caller): Promise<AssignedDirectory[]> {
  const session = await vault.unlocked();
  const found: AssignedDirectory[] = [];
  const waiting: Place[] = [{ ino: rootInode }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    await setImmediate();
    // Its tree is of no use any more.
    if (vault.current() !== session) throw new SherinError('LOCKED');
    if (session.rules.guard()?.lets('list', next, caller) === false) continue;
    const { rest, directories } = look(session.tree, next);
    if (rest !== null) waiting.push(rest);
    for (const ino of directories) {
      waiting.push({ ino });
      const namespace = ownNamespace(session.tree.directory(ino));
      const path = namespace && session.tree.path(ino);
      if (namespace !== undefined && path !== undefined) found.push({ path: pathText(path), namespace });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A directory, or what is left of it behind a name. */
interface Place {
  readonly ino: number;
  readonly after?: Buffer;
}

/** The directories among the next entries of one, and where to go on; null: that was all. */
function look(tree: Tree, { ino, after }: Place): { rest: Place | null; directories: number[] } {
  const directories: number[] = [];
  let count = 0;
  for (const entry of tree.list(ino, after)) {
    if (entry.kind === 'directory') directories.push(entry.ino);
    count += 1;
    if (count === stride) return { rest: { ino, after: entry.name }, directories };
  }
  return { rest: null, directories };
}
