/** A vault of rare shapes, assembled by the reference: pieces, holes, content that lies elsewhere since, hard links, names that are not UTF-8. */
import type { Assembly } from './assemble.js';
import { concatBytes, join } from './bytes.js';
import { type CubeRef, cubeId } from './cube.js';
import type { Master } from './keys.js';
import { rootOfBlocks } from './merkle.js';
import { buildTree, objectRoot, type Slot, slotCount, slotSize } from './object-tree.js';
import type { Attributes, Body, LogRecord } from './records.js';
import { content, sampleMaster } from './samples.js';
import { objectTag } from './sherin-id.js';

const time = 1_767_322_800_123_456_789n;

const attributes = (kind: number, mode: number, rest: Partial<Attributes> = {}): Attributes => ({
  kind,
  mode,
  uid: 1000,
  gid: 1000,
  atime: time,
  mtime: time - 5_000_000_000n,
  ctime: time,
  target: new Uint8Array(0),
  xattrs: [],
  ...rest,
});

interface Stored {
  readonly body: Body;
  readonly nodes: readonly Uint8Array[];
}

function put(master: Master, inode: number, slots: readonly Slot[], length: number): Stored {
  const root = objectRoot(slots, length);
  const tree = buildTree(slots);
  const object = { namespace: 'FILES', date: 20260102, tag: objectTag(master, 'FILES', 0, root, length) };
  const lineage = { derivedFrom: [], taskId: '', botId: '', botVersion: '' };
  const random = new Uint8Array(16).fill(inode);
  return {
    body: { type: 'put', inode, object, length, root, random, ...lineage, node: tree.node },
    nodes: tree.nodes,
  };
}

export interface SampleVault extends Assembly {
  /** Path to content. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export function sampleVault(): SampleVault {
  const master = sampleMaster();
  const cubes: Assembly['cubes'][number][] = [];
  const cube = (bytes: Uint8Array, pad: '4k' | 'vertex' | 'cube', owner = 0): CubeRef => {
    const root = rootOfBlocks(bytes);
    const salt = new Uint8Array(32).fill(cubes.length + 1);
    cubes.push({ content: bytes, owner, epoch: 0, pad, salt });
    return { id: cubeId(master, owner, root, bytes.length), root, length: bytes.length };
  };

  const small = content(5000, 1);
  const big = content(slotSize + 70_001, 2);
  const bigSlots: Slot[] = [
    { kind: 'cube', cube: cube(big.slice(0, slotSize), '4k') },
    { kind: 'cube', cube: cube(big.slice(slotSize), 'vertex') },
  ];
  const tail = content(100_000, 3);
  const middle = content(3 * 65536, 4);
  const pieced = concatBytes(middle.slice(65536), new Uint8Array(65536), tail);
  const pieces: Slot = {
    kind: 'pieces',
    root: rootOfBlocks(pieced),
    pieces: [
      { vertices: 2, cube: cube(middle, '4k'), first: 1 },
      { vertices: 1, cube: null, first: 0 },
      { vertices: 2, cube: cube(tail, 'cube'), first: 0 },
    ],
  };
  const sparseEnd = content(4097, 5);
  const sparseLength = 69 * slotSize + sparseEnd.length;
  const sparseSlots: Slot[] = Array.from({ length: slotCount(sparseLength) }, () => ({ kind: 'hole' }));
  sparseSlots[69] = { kind: 'cube', cube: cube(sparseEnd, '4k', 7) };
  const sparse = new Uint8Array(sparseLength);
  sparse.set(sparseEnd, 69 * slotSize);

  const moved = content(2 * 65536, 6);
  const halves: Slot = {
    kind: 'pieces',
    root: rootOfBlocks(moved),
    pieces: [moved.slice(0, 65536), moved.slice(65536)].map((half) => {
      const root = rootOfBlocks(half);
      return {
        vertices: 1,
        cube: { id: cubeId(master, 0, root, half.length), root, length: half.length },
        first: 0,
      };
    }),
  };
  const joined = buildTree([{ kind: 'cube', cube: cube(moved, '4k') }]);

  const stored = [
    put(master, 4, [{ kind: 'cube', cube: cube(small, '4k') }], small.length),
    put(master, 5, bigSlots, big.length),
    put(master, 6, [pieces], pieced.length),
    put(master, 7, sparseSlots, sparse.length),
    put(master, 11, [halves], moved.length),
  ];
  const link = (parent: number, inode: number, name: string | Uint8Array): Body => ({
    type: 'link',
    parent,
    inode,
    name: join(name),
  });
  const make = (inode: number, all: Attributes): Body => ({ type: 'attributes', inode, attributes: all });
  const bodies: Body[] = [
    make(1, attributes(2, 0o755)),
    make(2, attributes(2, 0o750)),
    link(1, 2, 'folder'),
    make(3, attributes(3, 0o777, { target: join('../small.txt') })),
    link(2, 3, 'pointer'),
    make(4, attributes(1, 0o640, { xattrs: [[join('user.note'), join('ünïcode')]] })),
    link(1, 4, 'wrong name'),
    {
      type: 'rename',
      parent: 1,
      name: join('wrong name'),
      newParent: 1,
      newName: join('small.txt'),
      exchange: false,
    },
    link(2, 4, 'hard link'),
    make(5, attributes(1, 0o400)),
    link(2, 5, 'größer'),
    make(6, attributes(1, 0o600)),
    link(1, 6, Uint8Array.of(0x70, 0xff, 0x71)),
    make(7, attributes(1, 0o644)),
    link(1, 7, 'sparse'),
    make(8, attributes(1, 0o644)),
    link(2, 8, 'empty'),
    make(9, attributes(1, 0o644)),
    link(2, 9, 'gone'),
    { type: 'unlink', parent: 2, name: join('gone') },
    make(10, attributes(4, 0o600)),
    link(2, 10, 'pipe'),
    make(11, attributes(1, 0o644)),
    link(1, 11, 'moved'),
    ...stored.map(({ body }) => body),
    { type: 'layout', object: 5, random: new Uint8Array(16), node: joined.node },
    { type: 'policy', parent: 1, name: join('sparse'), tag: 1 },
    { type: 'grant', grant: { a: 1 } },
  ];
  const records: LogRecord[] = bodies.map((body, i) => ({ time: time + BigInt(i), body }));
  return {
    master,
    recoveryKey: new Uint8Array(32).map((_, i) => 255 - i),
    owned: false,
    records,
    nodes: stored.flatMap(({ nodes }) => nodes),
    cubes,
    files: new Map([
      ['small.txt', small],
      ['folder/hard link', small],
      ['folder/größer', big],
      ['p\udcffq', pieced],
      ['sparse', sparse],
      ['moved', moved],
      ['folder/empty', new Uint8Array(0)],
    ]),
  };
}
