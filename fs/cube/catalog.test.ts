import { afterEach, describe, expect, it } from 'vitest';
import { rootOfBlocks, sha256 } from '../../common/merkle.js';
import { slotBytes } from '../manifest/index-node.js';
import type { Manifest } from '../manifest/manifest.js';
import { ObjectTreeBuilder } from '../manifest/object-tree.js';
import { Fixture, idOf, make } from '../manifest/testing/fixture.js';
import { countSlots, objectCubes } from './catalog.js';

const fixture = new Fixture();
let manifest: Manifest | undefined;
afterEach(() => {
  manifest?.close();
  fixture.remove();
});

const holes = 2 ** 32 - 1;

describe('a sparse file', () => {
  it('is counted by its cubes: no hole of 4 PiB costs a step', () => {
    const builder = new ObjectTreeBuilder();
    const content = Buffer.alloc(slotBytes, 1);
    const cube = { id: sha256(content), root: rootOfBlocks(content), length: slotBytes };
    builder.pushHoles(holes);
    builder.push({ kind: 'cube', cube });
    const length = (holes + 1) * slotBytes;
    const { root, node, nodes } = builder.done(length);
    const made = fixture.create();
    manifest = made;
    const ino = made.newInode();
    const put = { type: 'put', inode: ino, id: idOf(content), length, root, node, lineage: null } as const;
    made.commit([...make(ino, 1, 'sparse'), put], nodes, []);
    const object = made.tree.object(1);
    if (object === undefined) throw new Error('no object');
    expect(countSlots(made, object)).toEqual({ cubes: 1, holes });
    const use = { object: 1, offset: holes * slotBytes, length: slotBytes };
    expect([...objectCubes(made, object)]).toEqual([{ cube, use }]);
  });
});
