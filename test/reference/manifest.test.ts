/** Manifests that fs/manifest writes, under random changes, read by the reference: log, tree and snapshot must agree. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import * as ed from '@noble/ed25519';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { cubeIdFromBytes, type Namespace } from '../../common/ids.js';
import { Manifest, type ManifestOptions } from '../../fs/manifest/manifest.js';
import { type Mutation, policyTags } from '../../fs/manifest/records.js';
import { headerFile } from './assemble.js';
import { bytesToHex } from './bytes.js';
import { type Header, parseHeader } from './header.js';
import { publicKey, subkey } from './keys.js';
import { type Manifest as Read, readManifest } from './manifest.js';
import { mth } from './merkle.js';
import { buildTree, objectRoot, type Slot, slotCount, slotLength, slotSize } from './object-tree.js';
import { sampleMaster } from './samples.js';
import { objectTag } from './sherin-id.js';

const master = sampleMaster();
const header = parseHeader(headerFile({ master, recoveryKey: new Uint8Array(32), owned: false }));
const folder = mkdtempSync(path(tmpdir(), 'sherin-manifest-'));
afterAll(() => rmSync(folder, { recursive: true }));

let databases = 0;

function options(): ManifestOptions {
  return {
    path: path(folder, `${databases++}.db`),
    key: Buffer.from(subkey(master, 'manifest')),
    uuid: Buffer.from(master.uuid),
    publicKey: Buffer.from(publicKey(master)),
    sign: (message) => Buffer.from(ed.sign(message, subkey(master, 'sign'))),
    header: () => ({ generation: header.generation, hash: Buffer.from(header.hash) }),
    auditHead: () => ({ size: 0, root: Buffer.from(mth([])) }),
    counter: () => 7n,
  };
}

function read(file: string, known: Header = header): Read {
  const bytes = (name: string) =>
    existsSync(name) ? Uint8Array.from(readFileSync(name)) : new Uint8Array(0);
  return readManifest(master, known, bytes(file), bytes(`${file}-wal`));
}

/** Slots of a content that `seed` stands for; large enough seeds make trees of two levels. `place` says where it lies. */
function slotsOf(length: number, seed: number, place: number): Slot[] {
  return Array.from({ length: slotCount(length) }, (_, i): Slot => {
    if ((seed + i) % 3 === 0) return { kind: 'hole' };
    const id = new Uint8Array(32).fill(seed + i + place);
    return { kind: 'cube', cube: { id, root: new Uint8Array(32).fill(seed), length: slotLength(length, i) } };
  });
}

/** An object of the manifest in other cubes. */
function layoutOf(manifest: Manifest, object: number, place: number): { layout: Mutation; nodes: Buffer[] } {
  const length = manifest.tree.object(object)?.length ?? 0;
  const { node, nodes } = buildTree(slotsOf(length, 1, place));
  return {
    layout: { type: 'layout', object, node: Buffer.from(node) },
    nodes: nodes.map((bytes) => Buffer.from(bytes)),
  };
}

function putOf(inode: number, length: number, seed: number): { put: Mutation; nodes: Buffer[] } {
  const slots = slotsOf(length, seed, 0);
  const root = Buffer.from(objectRoot(slots, length));
  const tree = buildTree(slots);
  const namespace = (seed % 2 === 0 ? 'FILES' : 'OTHER') as Namespace;
  const tag = Buffer.from(objectTag(master, namespace, 0, root, length));
  const id = { namespace, date: 20260101 + (seed % 28), tag };
  const node = Buffer.from(tree.node);
  return {
    put: { type: 'put', inode, id, length, root, node, lineage: null },
    nodes: tree.nodes.map((bytes) => Buffer.from(bytes)),
  };
}

const names = ['a', 'b', 'c', 'ä', 'z\xff'].map((name) => Buffer.from(name, 'latin1'));
const name = fc.constantFrom(...names);
/** Chooses among the inodes that exist. */
const pick = fc.nat({ max: 30 });

type Step =
  | {
      readonly kind: 'new';
      readonly parent: number;
      readonly name: Buffer;
      readonly type: number;
      readonly extra: number;
    }
  | { readonly kind: 'put'; readonly inode: number; readonly length: number; readonly seed: number }
  | { readonly kind: 'layout'; readonly object: number; readonly place: number }
  | { readonly kind: 'change'; readonly build: (inode: (choice: number) => number) => Mutation }
  | { readonly kind: 'snapshot' };

const change = <T>(
  source: fc.Arbitrary<T>,
  build: (value: T, inode: (choice: number) => number) => Mutation,
) => source.map((value): Step => ({ kind: 'change', build: (inode) => build(value, inode) }));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(pick, name, fc.nat({ max: 4 }), fc.nat({ max: 3 }))
      .map(([parent, named, type, extra]): Step => ({ kind: 'new', parent, name: named, type, extra })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(pick, fc.oneof(fc.nat({ max: 9000 }), fc.nat({ max: 90 * slotSize })), fc.nat({ max: 5 }))
      .map(([inode, length, seed]): Step => ({ kind: 'put', inode, length, seed })),
  },
  {
    weight: 2,
    arbitrary: change(fc.tuple(pick, pick, name), ([parent, inode, named], at) => ({
      type: 'link',
      parent: at(parent),
      inode: at(inode),
      name: named,
    })),
  },
  {
    weight: 2,
    arbitrary: change(fc.tuple(pick, name), ([parent, named], at) => ({
      type: 'unlink',
      parent: at(parent),
      name: named,
    })),
  },
  {
    weight: 5,
    arbitrary: change(fc.tuple(pick, name, pick, name, fc.boolean()), ([a, from, b, to, exchange], at) => ({
      type: 'rename',
      parent: at(a),
      name: from,
      newParent: at(b),
      newName: to,
      exchange,
    })),
  },
  {
    weight: 2,
    arbitrary: change(fc.tuple(pick, name, fc.constantFrom(...policyTags)), ([parent, named, tag], at) => ({
      type: 'policy',
      parent: at(parent),
      name: named,
      tag,
    })),
  },
  change(fc.tuple(fc.nat({ max: 3 }), fc.constantFrom('tag', 'leaf')), ([byte, reason]) => ({
    type: 'quarantine',
    cube: cubeIdFromBytes(Buffer.alloc(32, byte)),
    reason,
  })),
  change(fc.nat({ max: 3 }), (byte) => ({ type: 'heal', cube: cubeIdFromBytes(Buffer.alloc(32, byte)) })),
  change(
    fc.subarray([1, 2, 3, 4]).map((objects) => objects.sort((a, b) => a - b)),
    (objects) => ({ type: 'collect', by: 'gc', puts: [0], objects }),
  ),
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 100 }))
      .map(([object, place]): Step => ({ kind: 'layout', object, place })),
  },
  fc.constant<Step>({ kind: 'snapshot' }),
);

const kinds = ['file', 'directory', 'directory', 'symlink', 'fifo'] as const;

function newInode(manifest: Manifest, type: number, extra: number): { inode: number; mutation: Mutation } {
  const inode = manifest.newInode();
  const kind = kinds[type] ?? 'file';
  const xattrs = Array.from(
    { length: extra },
    (_, i) => [Buffer.from(`user.${i}`), Buffer.alloc(i)] as const,
  );
  const times = { atime: BigInt(-inode), mtime: BigInt(inode), ctime: 0n };
  const target = kind === 'symlink' ? Buffer.from('elsewhere') : null;
  const attributes = { kind, mode: 0o640 + extra, uid: inode, gid: 5, ...times, target, xattrs };
  return { inode, mutation: { type: 'attributes', inode, attributes } };
}

/** Does one step; changes that do not fit are refused and leave everything as it was. */
function perform(manifest: Manifest, known: number[], next: Step): void {
  const at = (choice: number): number => known[choice % known.length] ?? 1;
  try {
    if (next.kind === 'snapshot') manifest.snapshot();
    else if (next.kind === 'change') manifest.commit([next.build(at)], [], []);
    else if (next.kind === 'put') {
      const { put, nodes } = putOf(at(next.inode), next.length, next.seed);
      manifest.commit([put], nodes, []);
    } else if (next.kind === 'layout') {
      const { layout, nodes } = layoutOf(manifest, next.object, next.place);
      manifest.commit([layout], nodes, []);
    } else {
      const { inode, mutation } = newInode(manifest, next.type, next.extra);
      const link: Mutation = { type: 'link', parent: at(next.parent), inode, name: next.name };
      manifest.commit([mutation, link], [], []);
      known.push(inode);
    }
  } catch (error) {
    if (!(error instanceof SherinError)) throw error;
  }
}

/** One line an entry: what the product's tree says. */
function productTree(manifest: Manifest, directory = 1, above = ''): string[] {
  return [...manifest.tree.list(directory)].flatMap((entry) => {
    const inode = manifest.tree.inode(entry.ino);
    const object = manifest.tree.object(inode?.object ?? 0);
    const here = `${above}/${bytesToHex(entry.name)}`;
    const facts = [
      entry.ino,
      entry.kind,
      entry.policy,
      inode?.uid,
      object?.id,
      inode?.version,
      inode?.putIndex,
      object && bytesToHex(object.node),
    ];
    const below = entry.kind === 'directory' ? productTree(manifest, entry.ino, here) : [];
    return [`${here} ${facts.join(' ')}`, ...below];
  });
}

function referenceTree(manifest: Read, directory = 1, above = ''): string[] {
  const entries = [...manifest.names.entries(directory)].sort((a, b) => Buffer.compare(a.name, b.name));
  return entries.flatMap((entry) => {
    const { attributes, put, puts, putIndex } = manifest.names.inode(entry.inode);
    const kind = [undefined, 'file', 'directory', 'symlink', 'fifo'][attributes.kind];
    const here = `${above}/${bytesToHex(entry.name)}`;
    const { namespace, date, tag } = put?.object ?? { namespace: '', date: 0, tag: new Uint8Array(0) };
    const id = put === undefined ? undefined : `${namespace}_${date}_${bytesToHex(tag)}`;
    const object = put === undefined ? undefined : manifest.names.objectOf(put);
    const node = object && (object.collected ? '' : bytesToHex(object.node));
    const facts = [entry.inode, kind, policyTags[entry.policy], attributes.uid, id, puts, putIndex, node];
    const below = kind === 'directory' ? referenceTree(manifest, entry.inode, here) : [];
    return [`${here} ${facts.join(' ')}`, ...below];
  });
}

describe('manifest', () => {
  it('says the same to product and reference after any changes', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const opened = options();
        const manifest = Manifest.create(opened);
        const known = [1];
        for (const next of steps) perform(manifest, known, next);
        const expected = productTree(manifest);
        const running = read(opened.path);
        expect(referenceTree(running)).toEqual(expected);
        expect(running.head.size).toBe(manifest.head.size);
        manifest.close();
        expect(referenceTree(read(opened.path))).toEqual(expected);
        const again = Manifest.open({ ...opened, key: Buffer.from(subkey(master, 'manifest')) });
        expect(productTree(again)).toEqual(expected);
        again.close();
        rmSync(opened.path);
      }),
      { numRuns: 25 },
    );
  });

  it('is refused by the reference under another header', () => {
    const opened = options();
    Manifest.create(opened).close();
    expect(() => read(opened.path, { ...header, generation: 2 })).toThrow('another header');
    expect(() => read(opened.path, { ...header, publicKey: new Uint8Array(32) })).toThrow('signature');
  });
});
