/** Random histories against a model of plain maps, with reopening and snapshots in between. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { cubeIdFromBytes } from '../../common/ids.js';
import type { Manifest } from './manifest.js';
import { type Mutation, policyTags } from './records.js';
import { attributes, Fixture, putOf } from './testing/fixture.js';
import { everyKind, ModelError, pictureOf, ReferenceModel } from './testing/reference-model.js';

const highest = 14;
const inode = fc.integer({ min: 1, max: highest });
const name = fc.constantFrom('a', 'b', 'c', 'B', 'aa', 'é', '\u0001').map((text) => Buffer.from(text));
const cube = fc.integer({ min: 0, max: 3 }).map((byte) => cubeIdFromBytes(Buffer.alloc(32, byte * 77)));

/** Numbers and names are few, so that most mutations meet something; kinds follow from numbers. */
const kindOf = (ino: number): (typeof everyKind)[number] =>
  ino === 1 || ino % 3 === 0 ? 'directory' : (everyKind[[0, 0, 2, 3, 4][ino % 5] ?? 0] ?? 'file');
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ ino: inode, mode: fc.integer({ min: 0, max: 0o7777 }) }).map(
      ({ ino, mode }): Mutation => ({
        type: 'attributes',
        inode: ino,
        attributes: attributes(kindOf(ino), { mode }),
      }),
    ),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('link' as const), parent: inode, inode, name }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('unlink' as const), parent: inode, name }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('rename' as const),
      parent: inode,
      name,
      newParent: inode,
      newName: name,
      exchange: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ ino: inode, content: fc.constantFrom('', 'x', 'yy', 'zzz') })
      .map(({ ino, content }) => putOf(ino, Buffer.from(content))),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('policy' as const),
      parent: inode,
      name,
      tag: fc.constantFrom(...policyTags),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('quarantine' as const),
      cube,
      reason: fc.constantFrom('tag' as const, 'root' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('heal' as const), cube }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('collect' as const),
      by: fc.constantFrom('gc' as const, 'destroy' as const),
      puts: fc.constantFrom([], [0], [0, 1]),
      objects: fc.constantFrom([], [1], [2], [1, 2], [2, 4]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ object: fc.integer({ min: 1, max: 4 }), like: fc.constantFrom('', 'a', 'bbbb') })
      .map(
        ({ object, like }): Mutation => ({ type: 'layout', object, node: putOf(1, Buffer.from(like)).node }),
      ),
  },
);

type Step = { readonly batch: readonly Mutation[] } | 'reopen' | 'snapshot';
/** Mostly batches of one, since one misfit refuses the whole batch. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: mutation.map((one) => ({ batch: [one] })) },
  { weight: 3, arbitrary: fc.array(mutation, { maxLength: 4 }).map((batch) => ({ batch })) },
  { weight: 1, arbitrary: fc.constant('reopen' as const) },
  { weight: 1, arbitrary: fc.constant('snapshot' as const) },
);

/** The errno that both must agree on, null for success. */
function outcome(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof SherinError || error instanceof ModelError) return error.errno;
    throw error;
  }
}

/** A small tree to begin with, so that histories need not find one. */
const planted: Mutation[] = [3, 6, 9, 5, 10].flatMap((ino, i) => [
  { type: 'attributes', inode: ino, attributes: attributes(kindOf(ino)) },
  {
    type: 'link',
    parent: [1, 3, 1, 6, 1][i] ?? 1,
    inode: ino,
    name: Buffer.from(['a', 'b', 'c', 'a', 'B'][i] ?? 'x'),
  },
]);

describe('the tree', () => {
  it('is the model, whatever happens', () => {
    let committed = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), (steps) => {
        const vault = new Fixture();
        let manifest: Manifest = vault.create();
        let model = new ReferenceModel();
        try {
          model.apply({ type: 'attributes', inode: 1, attributes: attributes('directory', { mode: 0o755 }) });
          // Every number counts as given out, so that the model's rule is the manifest's.
          while (manifest.newInode() < highest);
          for (const each of planted) model.apply(each);
          manifest.commit(planted, [], []);
          for (const next of steps) {
            if (next === 'snapshot') manifest.snapshot();
            else if (next === 'reopen') {
              const { head } = manifest;
              manifest.close();
              manifest = vault.open(head);
              model.reopen();
              for (let ino = manifest.newInode(); ino < highest; ino = manifest.newInode());
            } else {
              const changed = model.clone();
              const expected = outcome(() => {
                for (const each of next.batch) changed.apply(each);
              });
              const before = manifest.head;
              const mine = outcome(() => manifest.commit(next.batch, [], []));
              expect(mine).toBe(expected);
              if (mine === null) model = changed;
              else expect(manifest.head).toBe(before);
              if (mine === null) committed += 1;
              else refused += 1;
            }
            expect(pictureOf(manifest.tree, highest + 1)).toEqual(model.picture());
          }
          for (const [ino, { puts }] of model.inodes) {
            const versions = [...manifest.versions(ino)].map(({ put }) => put.id.tag.toString('hex'));
            expect(versions).toEqual(puts.map(({ content }) => content));
          }
          for (let index = 0; index < manifest.head.size; index++) {
            expect(manifest.proof(index).root).toEqual(manifest.head.root);
          }
        } finally {
          manifest.close();
          vault.remove();
        }
      }),
      { numRuns: 60 },
    );
    // The histories are worth something only if much of them happened.
    expect(committed).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(100);
  }, 300_000);

  it('lists a directory after any name, across snapshot and changes', () => {
    const vault = new Fixture();
    const manifest = vault.create();
    const link = (i: number): Mutation[] => {
      const ino = manifest.newInode();
      return [
        { type: 'attributes', inode: ino, attributes: attributes('file') },
        { type: 'link', parent: 1, inode: ino, name: Buffer.from(`f${String(i).padStart(3, '0')}`) },
      ];
    };
    const even = Array.from({ length: 50 }, (_, i) => i * 2);
    manifest.commit(even.flatMap(link), [], []);
    manifest.snapshot();
    manifest.commit(
      even.flatMap((i) => link(i + 1)),
      [],
      [],
    );
    manifest.commit([{ type: 'unlink', parent: 1, name: Buffer.from('f050') }], [], []);
    const names = Array.from({ length: 100 }, (_, i) => `f${String(i).padStart(3, '0')}`).filter(
      (each) => each !== 'f050',
    );
    const listed = (start?: string): string[] =>
      Array.from(manifest.tree.list(1, start === undefined ? undefined : Buffer.from(start)), (entry) =>
        entry.name.toString(),
      );
    expect(listed()).toEqual(names);
    for (const start of ['', 'e', 'f', 'f000', 'f049', 'f050', 'f0505', 'f098', 'f099', 'g']) {
      expect(listed(start)).toEqual(names.filter((each) => each > start));
    }
    const iteration = manifest.tree.list(1)[Symbol.iterator]();
    iteration.next();
    manifest.commit(link(500), [], []);
    let left = 0;
    while (iteration.next().done !== true) left += 1;
    expect(left).toBeGreaterThanOrEqual(98);
    manifest.close();
    vault.remove();
  });
});
