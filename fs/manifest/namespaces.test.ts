import { afterEach, beforeEach, expect, test } from 'vitest';
import { MalformedBytes } from '../../common/bytes.js';
import { isAssignable } from '../../common/namespaces/assignable.js';
import type { Manifest } from './manifest.js';
import { namespaceBelow, namespaceOf, namespacesOfNames } from './namespaces.js';
import { decodeRecord, encodeRecord } from './record-codec.js';
import type { Mutation } from './records.js';
import { namespaceOfPart, taskParts } from './tasks.js';
import { attributes, Fixture, make } from './testing/fixture.js';

let vault: Fixture;
let manifest: Manifest;
beforeEach(() => {
  vault = new Fixture();
  manifest = vault.create();
  commit(...make(2, 1, 'contracts', 'directory'), ...make(3, 2, 'old', 'directory'));
  commit(...make(4, 3, 'deep'), ...make(5, 2, 'near'), ...make(6, 1, 'far'));
});
afterEach(() => {
  manifest.abandon();
  vault.remove();
});

function commit(...mutations: Mutation[]): void {
  manifest.commit(mutations, [], []);
}

function given(inode: number, namespace: string): Mutation {
  const kind = manifest.tree.inode(inode)?.kind ?? 'directory';
  const xattrs = [[Buffer.from('user.sherin.namespace'), Buffer.from(namespace)] as const];
  return { type: 'attributes', inode, attributes: attributes(kind, { xattrs }) };
}

function link(parent: number, inode: number, name: string): Mutation {
  return { type: 'link', parent, inode, name: Buffer.from(name) };
}

const all = () => [4, 5, 6].map((ino) => namespaceOf(manifest.tree, ino));

test('without any that was given all is in FILES', () => {
  expect(all()).toEqual(['FILES', 'FILES', 'FILES']);
});

test('the nearest directory above that has one decides, after a snapshot and an opening too', () => {
  commit(given(2, 'CONTRACTS'));
  expect(all()).toEqual(['CONTRACTS', 'CONTRACTS', 'FILES']);
  expect(namespaceBelow(manifest.tree, 2)).toBe('CONTRACTS');
  commit(given(3, 'FILES'));
  manifest.snapshot();
  expect(all()).toEqual(['FILES', 'CONTRACTS', 'FILES']);
  manifest.close();
  manifest = vault.open();
  expect(all()).toEqual(['FILES', 'CONTRACTS', 'FILES']);
});

test('of several names one that leads out of FILES counts, the first in order, whatever came first', () => {
  commit(given(2, 'MINE'), given(3, 'HERS'));
  commit(link(2, 6, 'also'));
  expect(namespaceOf(manifest.tree, 6)).toBe('MINE');
  commit(link(3, 6, 'too'));
  expect(namespaceOf(manifest.tree, 6)).toBe('HERS');
  expect([...namespacesOfNames(manifest.tree, 6)].sort()).toEqual(['FILES', 'HERS', 'MINE']);
});

test('a record gives no namespace to a file, and none that is reserved or no name of one', () => {
  expect(() => commit(given(6, 'CONTRACTS'))).toThrow('a file with a namespace');
  for (const name of ['TASK', 'OUT', 'RESULT', 'POLICY', '', 'contracts', '9', 'A'.repeat(17), 'A\n'])
    expect(() => commit(given(2, name)), name).toThrow('a namespace that no directory can have');
  expect(all()).toEqual(['FILES', 'FILES', 'FILES']);
});

test('an attribute of the vault that this program does not know is no part of a record', () => {
  for (const [kind, name] of [
    ['directory', 'user.sherin.seal'],
    ['directory', 'user.sherin.'],
    ['directory', 'user.sherin.namespaces'],
    ['file', 'user.sherin.tasks'],
  ] as const) {
    const other = attributes(kind, { xattrs: [[Buffer.from(name), Buffer.from('1')]] });
    const made: Mutation = { type: 'attributes', inode: 9, attributes: other };
    expect(() => commit(made), name).toThrow('an attribute of the vault that this program does not know');
    expect(() => decodeRecord(encodeRecord(made, 0n)), name).toThrow(MalformedBytes);
  }
});

test('those of requests and results are reserved', () => {
  expect(taskParts.map(namespaceOfPart).some(isAssignable)).toBe(false);
});
