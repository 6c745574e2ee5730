import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PutEntry } from '../../daemon/protocol/control.js';
import type { Manifest } from '../manifest/manifest.js';
import { attributes, Fixture } from '../manifest/testing/fixture.js';
import { ImportTree } from './import-tree.js';
import { Staging } from './staging.js';

let vault: Fixture;
let manifest: Manifest;
let staging: Staging;
let tree: ImportTree;
/** Nothing here has content. */
const noTags = () => [];

beforeEach(() => {
  vault = new Fixture();
  manifest = vault.create();
  staging = new Staging(noTags);
  tree = new ImportTree(manifest, 'files', (staged) => staging.staged.push(staged), {
    forced: null,
    now: () => 1n,
    refused: { some: false, has: () => false },
  });
});
afterEach(() => {
  manifest.abandon();
  vault.remove();
});

function entry(path: string, kind: PutEntry['kind'] = 'file', more: Partial<PutEntry> = {}): PutEntry {
  return { path, kind, mode: 0o644, uid: 0, gid: 0, size: 0, atime: '0', mtime: '0', xattrs: [], ...more };
}

function place(path: string, kind: PutEntry['kind'] = 'file', more: Partial<PutEntry> = {}): number {
  return tree.place(entry(path, kind, more), attributes(kind));
}

function commit(): void {
  manifest.commit(staging.mutationsOn(manifest.tree), [], []);
  staging = new Staging(noTags);
}

describe('an import of more paths than it remembers', () => {
  it('still knows what is staged, and looks up what is committed', () => {
    const many = Array.from({ length: 20_500 }, (_, i) => place(`a/${i}`));
    commit();
    // Staged while the batch before is being committed.
    const fresh = place('b', 'directory');
    place('c/hard', 'file', { linkTo: 'a/7' });
    tree.committed();
    place('b/child');
    place('c/harder', 'file', { linkTo: 'c/hard' });
    place('a/more');
    commit();
    const find = (...parts: string[]): number | undefined =>
      manifest.tree.find(parts.map((part) => Buffer.from(part)))?.ino;
    expect(find('b')).toBe(fresh);
    expect(find('b', 'child')).toBeDefined();
    expect(find('c', 'harder')).toBe(many[7]);
    expect(find('a', 'more')).toBeDefined();
    expect(manifest.tree.counts().entries).toBe(20_500 + 7);
  });

  it('touches the directories that it did not bring, once', () => {
    place('mine', 'directory');
    place('mine/x');
    place('other/y');
    commit();
    tree.touchParents();
    const touched = staging
      .mutationsOn(manifest.tree)
      .flatMap((mutation) => ('inode' in mutation ? [mutation.inode] : []));
    const other = manifest.tree.find([Buffer.from('other')])?.ino;
    expect(touched.sort()).toEqual([1, other].sort());
  });
});

describe('what is imported below a directory with a namespace of its own', () => {
  const namespaceAt = (path: string) => tree.namespaceOf(place(path), entry(path));

  it('is in that, committed or not, and else in FILES', () => {
    const ino = place('given', 'directory');
    commit();
    const xattrs = [[Buffer.from('user.sherin.namespace'), Buffer.from('GIVEN')] as const];
    manifest.commit(
      [{ type: 'attributes', inode: ino, attributes: attributes('directory', { xattrs }) }],
      [],
      [],
    );
    expect(namespaceAt('given/file')).toBe('GIVEN');
    expect(namespaceAt('given/deeper/still/file')).toBe('GIVEN');
    expect(namespaceAt('other/file')).toBe('FILES');
    expect(namespaceAt('file')).toBe('FILES');
    commit();
    expect(namespaceAt('given/deeper/still/file')).toBe('GIVEN');
  });
});
