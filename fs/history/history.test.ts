/** Random histories: what a path has shown, and what the tree was, is what looking at it after every commit has seen. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Mutation } from '../manifest/records.js';
import { attributes, Fixture, putOf } from '../manifest/testing/fixture.js';
import { type Picture, pictureOf } from '../manifest/testing/reference-model.js';
import { pastTree } from './past-tree.js';
import { pathHistory } from './path-history.js';
import { putOf as putOfVersion, restoring } from './restore.js';
import { lineAt, vaultHistory } from './vault-history.js';

const highest = 9;
/** 1, 2, 3 are directories, the others files. */
const inode = fc.integer({ min: 1, max: highest });
const name = fc.constantFrom('a', 'b').map((text) => Buffer.from(text));
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('link' as const), parent: inode, inode, name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('unlink' as const), parent: inode, name }) },
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
    weight: 8,
    arbitrary: fc
      .record({ ino: inode, content: fc.constantFrom('', 'x', 'yy', 'zzz') })
      .map(({ ino, content }) => putOf(ino, Buffer.from(content))),
  },
  {
    weight: 1,
    arbitrary: inode.map(
      (ino): Mutation => ({
        type: 'attributes',
        inode: ino,
        attributes: attributes(ino < 4 ? 'directory' : 'file', { mode: 0o600 }),
      }),
    ),
  },
);

const paths = [['a'], ['b'], ['a', 'a'], ['a', 'b'], ['b', 'a', 'a']].map((names) =>
  names.map((each) => Buffer.from(each)),
);

/** A small tree to begin with, so that histories need not find one. */
const planted: Mutation[] = [2, 3, 4, 5, 6, 7].map((ino, at) => ({
  type: 'link',
  parent: [1, 1, 2, 2, 3, 3][at] ?? 1,
  inode: ino,
  name: Buffer.from(at % 2 === 0 ? 'a' : 'b'),
}));

/** Mostly of one, since one misfit refuses the whole batch. */
const batch = fc.oneof(
  { weight: 5, arbitrary: mutation.map((one) => [one]) },
  { weight: 1, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 3 }) },
);

/** Inode and put of the file that a path shows. */
function look(manifest: Manifest, path: readonly Buffer[]): { inode: number; put: number } | null {
  const found = manifest.tree.find(path);
  const known = found?.kind === 'file' ? manifest.tree.inode(found.ino) : undefined;
  return known === undefined ? null : { inode: known.ino, put: known.putIndex };
}

it('is told as it was to be seen', async () => {
  let [versions, removals] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, {
        minLength: 20,
        maxLength: 60,
        size: 'max',
      }),
      async (batches) => {
        const vault = new Fixture();
        const manifest = vault.create();
        try {
          while (manifest.newInode() < highest);
          const made = Array.from(
            { length: highest - 1 },
            (_, at): Mutation => ({
              type: 'attributes',
              inode: at + 2,
              attributes: attributes(at + 2 < 4 ? 'directory' : 'file'),
            }),
          );
          manifest.commit([...made, ...planted], [], []);
          const seen = paths.map((path) => ({
            shown: look(manifest, path),
            versions: [look(manifest, path)].filter((first) => first !== null) as object[],
            removals: 0,
          }));
          const pictures: { readonly end: bigint; readonly picture: Picture }[] = [];
          for (const batch of batches) {
            try {
              manifest.commit(batch, [], []);
            } catch (error) {
              if (error instanceof SherinError) continue;
              throw error;
            }
            pictures.push({ end: manifest.head.time + 1n, picture: pictureOf(manifest.tree, highest + 1) });
            for (const [at, path] of paths.entries()) {
              const now = look(manifest, path);
              const state = seen[at];
              if (state === undefined) continue;
              if (now === null && state.shown !== null) state.removals += 1;
              if (now !== null && (now.inode !== state.shown?.inode || now.put !== state.shown.put))
                state.versions.push(now);
              state.shown = now;
            }
          }
          const { root } = await vaultHistory(manifest, () => undefined);
          for (const [at, path] of paths.entries()) {
            const states = lineAt(root, path)?.states ?? [];
            const shown = states.filter(({ inode: ino }) => ino !== 0);
            expect(shown.map(({ inode: ino, put }) => ({ inode: ino, put }))).toEqual(seen[at]?.versions);
            expect(states.length - shown.length).toBe(seen[at]?.removals);
            const history = await pathHistory(manifest, path, () => undefined);
            const told = history.versions.map(({ inode: ino, put }) => ({ inode: ino, put }));
            expect(told).toEqual(seen[at]?.versions);
            expect(history.removals).toHaveLength(seen[at]?.removals ?? -1);
            versions += told.length;
            removals += history.removals.length;
          }
          for (const { end, picture } of pictures.filter((_, at) => at % 7 === 0)) {
            const past = await pastTree(manifest, end, 10);
            expect(pictureOf(past.tree, highest + 1)).toEqual(picture);
            past.wipe();
          }
        } finally {
          manifest.close();
          vault.remove();
        }
      },
    ),
    { numRuns: 60 },
  );
  // The histories are worth something only if much of them happened.
  expect(versions).toBeGreaterThan(150);
  expect(removals).toBeGreaterThan(10);
}, 300_000);

it('has no tree before it was made', async () => {
  const vault = new Fixture();
  const manifest = vault.create();
  await expect(pastTree(manifest, manifest.head.time)).rejects.toMatchObject({ code: 'USAGE' });
  expect((await pastTree(manifest, manifest.head.time + 1n)).tree.inode(1)).toMatchObject({
    kind: 'directory',
  });
  manifest.close();
  vault.remove();
});

it('brings back what was there, with the directories on the way', async () => {
  const vault = new Fixture();
  const manifest = vault.create();
  const [directory, file] = [manifest.newInode(), manifest.newInode()];
  const [a, b] = [Buffer.from('a'), Buffer.from('b')];
  const before = attributes('file', { mode: 0o640, mtime: 7n });
  manifest.commit(
    [
      { type: 'attributes', inode: directory, attributes: attributes('directory') },
      { type: 'link', parent: 1, inode: directory, name: a },
      { type: 'attributes', inode: file, attributes: before },
      { type: 'link', parent: directory, inode: file, name: b },
      putOf(file, Buffer.from('old')),
    ],
    [],
    [],
  );
  manifest.commit(
    [
      { type: 'attributes', inode: file, attributes: attributes('file', { mode: 0o600 }) },
      putOf(file, Buffer.from('new')),
    ],
    [],
    [],
  );
  manifest.commit([{ type: 'unlink', parent: directory, name: b }], [], []);
  manifest.commit([{ type: 'unlink', parent: 1, name: a }], [], []);
  const { versions, removals } = await pathHistory(manifest, [a, b], () => undefined);
  expect(versions).toHaveLength(2);
  expect(removals).toHaveLength(1);
  const [first] = versions;
  if (first === undefined) throw new Error('no version');
  expect(putOfVersion(manifest, first).length).toBe(3);
  const { inode: ino, mutations } = restoring(manifest, [a, b], first, 99n);
  manifest.commit(mutations, [], []);
  expect(manifest.tree.find([a, b])).toMatchObject({ ino, kind: 'file' });
  expect(manifest.tree.inode(ino)).toMatchObject({ mode: 0o640, mtime: 7n, ctime: 99n, size: 3 });
  expect((await pathHistory(manifest, [a, b], () => undefined)).versions).toHaveLength(3);
  expect(() => restoring(manifest, [a], first, 99n)).toThrow(
    expect.objectContaining({ code: 'IS_DIRECTORY' }),
  );
  expect(() => restoring(manifest, [a, b, b], first, 99n)).toThrow(
    expect.objectContaining({ code: 'NOT_DIRECTORY' }),
  );
  manifest.close();
  vault.remove();
});
