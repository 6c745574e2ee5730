import { describe, expect, it } from 'vitest';
import { attributes, MemoryTree } from '../../test/mount/memory-tree.js';
import { objectReach } from './reach.js';

const owner = { uid: 7, gid: 7 };
const user = { uid: 1000, gid: 100 };

/** A file of `mode` below directories of these modes (and owners), and a second name where `also` says so. */
function reach(mode: number, folders: readonly object[], also: readonly object[] | null = null): number {
  const tree = new MemoryTree();
  const folder = (chain: readonly object[]) =>
    chain.reduce<number>((parent, change, at) => {
      return tree.add(parent, `d${at}-${parent}`, attributes('directory', { ...user, ...change }));
    }, 1);
  const file = tree.add(folder(folders), 'f', attributes('file', { ...user, mode }), {
    data: Buffer.from('x'),
  });
  if (also !== null) tree.link(folder(also), 'again', file);
  return objectReach(tree, 1, owner).mode;
}

describe('reach by ID', () => {
  it('is the mode where every directory lets all pass', () => {
    expect(reach(0o644, [{ mode: 0o755 }])).toBe(0o444);
    expect(reach(0o640, [{ mode: 0o755 }])).toBe(0o440);
    expect(reach(0o600, [])).toBe(0o400);
    expect(reach(0o200, [])).toBe(0);
  });

  it('ends at a directory that is closed', () => {
    expect(reach(0o644, [{ mode: 0o700 }])).toBe(0o400);
    expect(reach(0o644, [{ mode: 0o700 }, { mode: 0o755 }])).toBe(0o400);
    expect(reach(0o644, [{ mode: 0o750 }])).toBe(0o440);
    expect(reach(0o644, [{ mode: 0o750, gid: 5 }])).toBe(0o400);
    expect(reach(0o644, [{ mode: 0o700, uid: 5 }])).toBe(0);
  });

  it('ends at a directory that is closed to a class of its own: its group or owner may be others of the file', () => {
    expect(reach(0o644, [{ mode: 0o705, gid: 5 }])).toBe(0o400);
    expect(reach(0o644, [{ mode: 0o705 }])).toBe(0o400);
    expect(reach(0o644, [{ mode: 0o075, uid: 5 }])).toBe(0);
  });

  it('is the strictest of all names', () => {
    expect(reach(0o644, [{ mode: 0o755 }], [{ mode: 0o700 }])).toBe(0o400);
  });

  it('is the vault owner alone for an object without a name, or with names of several owners', () => {
    const tree = new MemoryTree();
    const file = tree.add(1, 'f', attributes('file', user), { data: Buffer.from('x') });
    tree.put(file, { data: Buffer.from('y') });
    expect(objectReach(tree, 1, owner)).toEqual({ ...owner, mode: 0o400 });
  });
});
