/** Open files on their way to another process. */
import { SherinError } from '../../common/errors.js';
import { type HandedFile, nameOfNode } from './handed.js';
import type { Node } from './node.js';
import type { OpenFiles } from './open-files.js';
import type { Changes } from './source.js';

/** What is open; without what belongs to bots, which are started anew. @throws SherinError UPGRADE_REFUSED: another process would show it otherwise */
export function handFiles(open: OpenFiles): HandedFile[] {
  const handed: HandedFile[] = [];
  for (const [handle, { node, caller, changes }] of open.all()) {
    if (node.direct)
      throw new SherinError('UPGRADE_REFUSED', {
        part: `a program reads ${node.place?.join('/') ?? 'a generated file'}`,
      });
    const name = nameOfNode(node);
    if (name === undefined) continue;
    const { uid, gid, pid, groups, program } = caller;
    const more = { ...(groups && { groups: [...groups] }), ...(program !== undefined && { program }) };
    handed.push({ handle, node: name, caller: { uid, gid, pid, ...more }, writes: changes !== null });
  }
  return handed;
}

/** @param nodeOf undefined for what is there no more: its readers are told so @param changes through which writers write */
export async function restoreFiles(
  open: OpenFiles,
  files: readonly HandedFile[],
  nodeOf: (name: HandedFile['node']) => Promise<Node | undefined>,
  changes: Changes,
): Promise<void> {
  for (const { handle, node: name, caller, writes } of files) {
    const node = await nodeOf(name);
    if (node === undefined) continue;
    const { groups, program, ...who } = caller;
    const more = { ...(groups && { groups }), ...(program !== undefined && { program }) };
    if (writes) changes.opened(node.ino);
    open.restore(handle, node, { ...who, ...more }, writes ? changes : null);
  }
}
