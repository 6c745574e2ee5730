import type { Mutation } from '../../manifest/records.js';
import type { Tree } from '../../manifest/tree.js';
import type { ChangedName, Invalidation } from '../../mount/driver.js';

/** What mutations change of what the kernel or a driver may hold: pages, attributes and opens of inodes, names in directories. */
export function invalidationOf(tree: Tree, mutations: readonly Mutation[]): Exclude<Invalidation, 'all'> {
  const changed = new Set<number>();
  const names: ChangedName[] = [];
  const touch = (parent: number, name: Buffer): void => {
    const entry = tree.lookup(parent, name);
    if (entry !== undefined) changed.add(entry.ino);
    changed.add(parent);
    names.push({ parent, name });
  };
  for (const mutation of mutations) {
    switch (mutation.type) {
      case 'attributes':
      case 'put':
        changed.add(mutation.inode);
        break;
      case 'link':
        changed.add(mutation.inode);
        touch(mutation.parent, mutation.name);
        break;
      case 'unlink':
      case 'policy':
        touch(mutation.parent, mutation.name);
        break;
      case 'rename':
        touch(mutation.parent, mutation.name);
        touch(mutation.newParent, mutation.newName);
        break;
    }
  }
  const there = (ino: number): boolean => tree.inode(ino) !== undefined;
  return { inodes: [...changed].filter(there), names: names.filter(({ parent }) => there(parent)) };
}
