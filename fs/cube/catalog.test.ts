import { afterEach, describe, expect, it } from 'vitest';
import { cubeIdFromBytes } from '../../common/ids.js';
import { rootOfBlocks, sha256 } from '../../common/merkle.js';
import { slotBytes } from '../manifest/index-node.js';
import type { Manifest } from '../manifest/manifest.js';
import { ObjectTreeBuilder } from '../manifest/object-tree.js';
import type { Mutation } from '../manifest/records.js';
import { Fixture, idOf, make, putOf } from '../manifest/testing/fixture.js';
import { CubeCatalog, countSlots, objectCubes } from './catalog.js';

const fixtures: Fixture[] = [];
const manifests: Manifest[] = [];
function create(): Manifest {
  const fixture = new Fixture();
  const manifest = fixture.create();
  fixtures.push(fixture);
  manifests.push(manifest);
  return manifest;
}
afterEach(() => {
  for (const manifest of manifests.splice(0)) manifest.close();
  for (const fixture of fixtures.splice(0)) fixture.remove();
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
    const manifest = create();
    const ino = manifest.newInode();
    const put = { type: 'put', inode: ino, id: idOf(content), length, root, node, lineage: null } as const;
    manifest.commit([...make(ino, 1, 'sparse'), put], nodes, []);
    const object = manifest.tree.object(1);
    if (object === undefined) throw new Error('no object');
    expect(countSlots(manifest, object)).toEqual({ cubes: 1, holes });
    const use = { object: 1, offset: holes * slotBytes, length: slotBytes };
    expect([...objectCubes(manifest, object)]).toEqual([{ cube, use }]);
  });
});

describe('the catalog', () => {
  function setUp() {
    const manifest = create();
    const [a, b] = [manifest.newInode(), manifest.newInode()];
    const [one, two] = [Buffer.from('one'), Buffer.from('two')];
    manifest.commit([...make(a, 1, 'a'), putOf(a, one), ...make(b, 1, 'b'), putOf(b, one)], [], []);
    let walks = 0;
    const catalog = new CubeCatalog({
      node: (id) => manifest.node(id),
      get contentSize() {
        return manifest.contentSize;
      },
      tree: {
        objects: () => {
          walks += 1;
          return manifest.tree.objects();
        },
      },
    });
    const idOfCube = (content: Buffer) => cubeIdFromBytes(sha256(Buffer.from('cube'), content));
    const ids = { one: idOfCube(one), two: idOfCube(two) };
    const commit = (...mutations: Mutation[]) => manifest.commit(mutations, [], []);
    return { catalog, commit, ids, walks: () => walks, putTwo: (ino: number) => putOf(ino, two), a, b };
  }

  it('does not walk again for records of cubes, however many', () => {
    const { catalog, commit, ids, walks } = setUp();
    expect(catalog.uses(ids.one)).toHaveLength(1);
    for (let i = 0; i < 10; i++) {
      commit({ type: 'quarantine', cube: ids.one, reason: 'tag' });
      expect(catalog.find(ids.one)).toBeDefined();
      commit({ type: 'heal', cube: ids.one });
      expect(catalog.uses(ids.one)).toHaveLength(1);
    }
    expect(walks()).toBe(1);
  });

  it('follows what is put, unlinked and replaced', () => {
    const { catalog, commit, ids, putTwo, a, b } = setUp();
    const has = () => [catalog.find(ids.one) !== undefined, catalog.find(ids.two) !== undefined];
    expect(has()).toEqual([true, false]);
    commit(putTwo(a));
    expect(has()).toEqual([true, true]);
    commit({ type: 'unlink', parent: 1, name: Buffer.from('b') });
    expect(has()).toEqual([false, true]);
    commit(...make(b + 1, 1, 'c'));
    const names = { parent: 1, name: Buffer.from('c'), newParent: 1, newName: Buffer.from('a') };
    commit({ type: 'rename', ...names, exchange: false });
    expect(has()).toEqual([false, false]);
  });
});
