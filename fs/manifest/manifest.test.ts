import { afterEach, describe, expect, it } from 'vitest';
import { nodeId } from './index-node.js';
import { Manifest } from './manifest.js';
import type { Mutation } from './records.js';
import { attributes, Fixture, idOf, make, putOf } from './testing/fixture.js';

const fixtures: Fixture[] = [];
function fixture(): Fixture {
  const made = new Fixture();
  fixtures.push(made);
  return made;
}
afterEach(() => {
  for (const made of fixtures.splice(0)) made.remove();
});

describe('a manifest', () => {
  it('begins with an empty root directory', () => {
    const vault = fixture();
    const manifest = vault.create();
    expect(manifest.head.size).toBe(1);
    expect(manifest.tree.inode(1)).toMatchObject({ kind: 'directory', mode: 0o755, nlink: 2, size: 0 });
    expect([...manifest.tree.list(1)]).toEqual([]);
    manifest.close();
    expect(() => vault.create()).toThrow(expect.objectContaining({ code: 'VAULT_EXISTS' }));
  });

  it('shows the same tree after reopening, from the log and from a snapshot', () => {
    const vault = fixture();
    let manifest = vault.create();
    const [a, b] = [manifest.newInode(), manifest.newInode()];
    manifest.commit(
      [...make(a, 1, 'dir', 'directory'), ...make(b, a, 'file'), putOf(b, Buffer.from('hello'))],
      [],
      [],
    );
    for (const snapshot of [false, true]) {
      if (snapshot) manifest.snapshot();
      const { head } = manifest;
      manifest.close();
      manifest = vault.open(head);
      expect(manifest.head.size).toBe(6);
      expect(manifest.tree.lookup(1, Buffer.from('dir'))).toMatchObject({
        ino: a,
        kind: 'directory',
        policy: 'user',
      });
      expect(manifest.tree.inode(a)).toMatchObject({ nlink: 2 });
      expect(manifest.tree.inode(1)).toMatchObject({ nlink: 3 });
      expect(manifest.tree.inode(b)).toMatchObject({ size: 5, object: 1, version: 1, putIndex: 5, nlink: 1 });
      expect(manifest.tree.path(b)?.toString()).toBe('dir/file');
      expect(manifest.tree.objectById(idOf(Buffer.from('hello')))).toMatchObject({ no: 1, length: 5 });
      expect(manifest.tree.inodesOf(1)).toEqual([b]);
      expect(manifest.tree.linksOf(b)).toEqual([{ parent: a, name: Buffer.from('file'), policy: 'user' }]);
    }
    manifest.close();
  });

  it('keeps the first date of content that the namespace already holds', () => {
    const vault = fixture();
    const manifest = vault.create();
    const [a, b] = [manifest.newInode(), manifest.newInode()];
    const content = Buffer.from('same');
    manifest.commit([...make(a, 1, 'a'), putOf(a, content, 20250102)], [], []);
    manifest.commit([...make(b, 1, 'b'), putOf(b, content, 20260304)], [], []);
    expect(manifest.tree.inode(b)?.object).toBe(1);
    expect(manifest.tree.object(1)?.id).toContain('FILES_20250102_');
    expect([...manifest.versions(b)].map(({ put }) => put.id.date)).toEqual([20250102]);
    expect(manifest.tree.inodesOf(1)).toEqual([a, b]);
    manifest.close();
  });

  it('loads and checks index nodes and cube rows', () => {
    const manifest = fixture().create();
    const node = Buffer.from('any bytes');
    const cube = { id: Buffer.alloc(32, 1), root: Buffer.alloc(32, 2), length: 7 };
    manifest.commit([], [node], [cube]);
    expect(manifest.node(nodeId(node))).toEqual(node);
    expect([...manifest.tables.cubes()]).toEqual([[cube.id, cube.root, cube.length]]);
    expect(() => manifest.node(Buffer.alloc(32))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_BROKEN' }),
    );
    manifest.close();
  });

  it('wipes the key it is given', () => {
    const vault = fixture();
    const created = vault.options();
    Manifest.create(created).close();
    const opened = vault.options();
    Manifest.open(opened).close();
    const refused = vault.options();
    expect(() => Manifest.create(refused)).toThrow();
    for (const { key } of [created, opened, refused]) expect(key).toEqual(Buffer.alloc(32));
  });

  it('refuses what does not fit, and changes nothing', () => {
    const manifest = fixture().create();
    const [d, f] = [manifest.newInode(), manifest.newInode()];
    manifest.commit([...make(d, 1, 'd', 'directory'), ...make(f, d, 'f')], [], []);
    const { head } = manifest;
    const name = (text: string): Buffer => Buffer.from(text);
    const cases: [Mutation[], string][] = [
      [[{ type: 'unlink', parent: 1, name: name('x') }], 'PATH_MISSING'],
      [[{ type: 'unlink', parent: 1, name: name('d') }], 'NOT_EMPTY'],
      [[{ type: 'unlink', parent: f, name: name('d') }], 'NOT_DIRECTORY'],
      [[{ type: 'link', parent: 1, inode: f, name: name('d') }], 'PATH_EXISTS'],
      [[{ type: 'link', parent: 1, inode: d, name: name('e') }], 'USAGE'],
      [[{ type: 'link', parent: 1, inode: f, name: name('a/b') }], 'NAME_INVALID'],
      [[{ type: 'link', parent: 1, inode: f, name: name('..') }], 'NAME_INVALID'],
      [[{ type: 'link', parent: 1, inode: f, name: Buffer.alloc(256, 65) }], 'NAME_INVALID'],
      [[putOf(d, name('x'))], 'IS_DIRECTORY'],
      [make(manifest.newInode() + 1, 1, 'd'), 'PATH_EXISTS'],
      [
        [{ type: 'rename', parent: 1, name: name('d'), newParent: d, newName: name('g'), exchange: false }],
        'MOVE_INTO_SELF',
      ],
      [
        [{ type: 'rename', parent: d, name: name('f'), newParent: 1, newName: name('d'), exchange: false }],
        'IS_DIRECTORY',
      ],
      [
        [{ type: 'rename', parent: d, name: name('f'), newParent: 1, newName: name('d'), exchange: true }],
        'MOVE_INTO_SELF',
      ],
      [[...make(d, 1, 'q')], 'USAGE'],
    ];
    for (const [mutations, code] of cases) {
      const first = make(manifest.newInode(), 1, 'first');
      expect(() => manifest.commit([...first, ...mutations], [], [])).toThrow(
        expect.objectContaining({ code }),
      );
      expect(manifest.head).toBe(head);
      expect([...manifest.tree.list(1)].map((entry) => entry.name.toString())).toEqual(['d']);
      expect(manifest.tree.counts()).toEqual({ inodes: 3, entries: 2, objects: 0 });
    }
    manifest.close();
  });

  it('gives out each inode number once', () => {
    const vault = fixture();
    let manifest = vault.create();
    const [a, b] = [manifest.newInode(), manifest.newInode()];
    manifest.commit(make(b, 1, 'b'), [], []);
    manifest.commit(make(a, 1, 'a'), [], []);
    manifest.commit([{ type: 'unlink', parent: 1, name: Buffer.from('b') }], [], []);
    expect(manifest.tree.inode(b)).toBeUndefined();
    expect(() => manifest.commit(make(b, 1, 'again'), [], [])).toThrow('used before');
    manifest.snapshot();
    manifest.close();
    manifest = vault.open();
    expect(manifest.newInode()).toBe(b + 1);
    expect(() => manifest.commit(make(b, 1, 'again'), [], [])).toThrow('used before');
    manifest.close();
  });

  it('moves the stricter policy along', () => {
    const manifest = fixture().create();
    const [a, b] = [manifest.newInode(), manifest.newInode()];
    manifest.commit([...make(a, 1, 'a'), ...make(b, 1, 'b')], [], []);
    manifest.commit([{ type: 'policy', parent: 1, name: Buffer.from('b'), tag: 'admin' }], [], []);
    const rename = {
      type: 'rename',
      parent: 1,
      name: Buffer.from('a'),
      newParent: 1,
      newName: Buffer.from('b'),
    } as const;
    manifest.commit([{ ...rename, exchange: false }], [], []);
    expect(manifest.tree.lookup(1, Buffer.from('b'))).toMatchObject({ ino: a, policy: 'admin' });
    expect(manifest.tree.inode(b)).toBeUndefined();
    manifest.close();
  });

  it('writes nothing that it could not read again', () => {
    const manifest = fixture().create();
    const ino = manifest.newInode();
    manifest.commit(make(ino, 1, 'f'), [], []);
    const { head } = manifest;
    const put = putOf(ino, Buffer.from('x'));
    const lineage = { derivedFrom: [], taskId: 't', botId: 'b', botVersion: '1' };
    const bad: unknown[] = [
      { ...put, lineage: { ...lineage, derivedFrom: ['no ID'] } },
      { ...put, lineage: { ...lineage, taskId: 'x'.repeat(256) } },
      { ...put, root: Buffer.alloc(31) },
      { ...put, node: Buffer.from('rubbish') },
      { ...put, length: 2_000_000 },
      { ...put, id: { ...put.id, date: 20261399 } },
      { type: 'quarantine', cube: 'aa', reason: 'tag' },
      { type: 'grant', grant: undefined },
      { type: 'attributes', inode: ino, attributes: attributes('file', { uid: -1 }) },
      { type: 'attributes', inode: 0, attributes: attributes('file') },
      {
        type: 'attributes',
        inode: ino,
        attributes: attributes('file', { xattrs: [[Buffer.alloc(0), Buffer.alloc(0)]] }),
      },
    ];
    for (const mutation of bad) {
      expect(() => manifest.commit([mutation as Mutation], [], [])).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      );
    }
    expect(manifest.head).toBe(head);
    manifest.close();
  });

  it('keeps its own copy of what it is given', () => {
    const manifest = fixture().create();
    const ino = manifest.newInode();
    const [target, name] = [Buffer.from('where'), Buffer.from('link')];
    manifest.commit(
      [
        { type: 'attributes', inode: ino, attributes: attributes('symlink', { target }) },
        { type: 'link', parent: 1, inode: ino, name },
      ],
      [],
      [],
    );
    target.fill(0);
    name.fill(0);
    expect(manifest.tree.inode(ino)?.target?.toString()).toBe('where');
    expect(manifest.tree.lookup(1, Buffer.from('link'))?.ino).toBe(ino);
    manifest.close();
  });

  it('goes on listing while a snapshot is taken, and is empty and locked when closed', () => {
    const manifest = fixture().create();
    const names = Array.from({ length: 20 }, (_, i) => `name ${String(i).padStart(2, '0')}`);
    manifest.commit(
      names.flatMap((name) => make(manifest.newInode(), 1, name)),
      [],
      [],
    );
    manifest.snapshot();
    const listed: string[] = [];
    for (const entry of manifest.tree.list(1)) {
      if (listed.length === 5) {
        manifest.commit(make(manifest.newInode(), 1, 'zz'), [], []);
        manifest.snapshot();
      }
      listed.push(entry.name.toString());
    }
    expect(listed.filter((name) => name !== 'zz')).toEqual(names);
    manifest.close();
    expect(manifest.tree.lookup(1, Buffer.from('zz'))).toBeUndefined();
    expect(() => manifest.node(Buffer.alloc(32))).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    expect(() => manifest.resign()).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    manifest.close();
  });

  it('writes a snapshot by itself when the tail has grown long', () => {
    const vault = fixture();
    const manifest = vault.create();
    while (manifest.head.snapshotSize === 0) {
      const batch = Array.from({ length: 4000 }, () => manifest.newInode()).flatMap((ino) =>
        make(ino, 1, `file ${ino}`),
      );
      manifest.commit(batch, [], []);
    }
    expect(manifest.tail).toBe(0);
    expect(manifest.head.size).toBeGreaterThan(50_000);
    const { size } = manifest.head;
    manifest.close();
    const again = vault.open();
    expect(again.tree.counts().entries).toBe((size - 1) / 2);
    again.close();
  });

  it('signs anew what has changed around it', () => {
    const vault = fixture();
    let manifest = vault.create();
    vault.counter = 9n;
    vault.header = { generation: 7, hash: Buffer.alloc(32, 7) };
    expect(manifest.resign()).toMatchObject({ nv: 9n, headerGeneration: 7, size: 1 });
    manifest.close();
    manifest = vault.open();
    expect(manifest.head).toMatchObject({ nv: 9n, headerGeneration: 7 });
    manifest.close();
  });
});
