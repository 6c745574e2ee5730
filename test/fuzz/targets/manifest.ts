/** Structures of the manifest, as they are once the database has decrypted them. */
import fc from 'fast-check';
import { MalformedBytes } from '../../../common/bytes.js';
import { Frontier, leafHash } from '../../../common/merkle.js';
import { apply } from '../../../fs/manifest/apply.js';
import { emptyState } from '../../../fs/manifest/empty-state.js';
import { decodeHead, encodeHead } from '../../../fs/manifest/head.js';
import { decodeNode, encodeBranches, encodeSlots, type IndexNode } from '../../../fs/manifest/index-node.js';
import { Overlay } from '../../../fs/manifest/overlay.js';
import { decodeRecord, encodeRecord } from '../../../fs/manifest/record-codec.js';
import type { LogRecord, Mutation } from '../../../fs/manifest/records.js';
import { Snapshot } from '../../../fs/manifest/snapshot-reader.js';
import { writeSnapshot } from '../../../fs/manifest/snapshot-writer.js';
import { mutation, slot } from '../../../fs/manifest/testing/arbitraries.js';
import { make, putOf } from '../../../fs/manifest/testing/fixture.js';
import { answer, same, type Target } from '../target.js';

/** What the encoder adds of chance stands in these. */
const blinded: readonly Mutation['type'][] = ['put', 'layout'];

export const record: Target = {
  name: 'manifest-record',
  form: 'bytes',
  begin: () => ({
    seeds: fc.sample(mutation, { seed: 1, numRuns: 60 }).map((one) => encodeRecord(one, 5n)),
    run(input) {
      const read = answer(() => decodeRecord(input), MalformedBytes);
      if (read === undefined) return;
      const written = encodeRecord(read.mutation, read.time);
      if (!blinded.includes(read.mutation.type))
        return same(written, input, `a record (${read.mutation.type})`);
      same(pictured(decodeRecord(written)), pictured(read), `a record (${read.mutation.type})`);
    },
  }),
};

function pictured(read: LogRecord): Buffer {
  return Buffer.from(
    JSON.stringify(read, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
  );
}

export const indexNode: Target = {
  name: 'index-node',
  form: 'bytes',
  begin: () => ({
    seeds: [
      ...fc
        .sample(fc.array(slot, { maxLength: 4 }), { seed: 1, numRuns: 20 })
        .map((slots) => encodeSlots(slots)),
      encodeBranches(1, [null, Buffer.alloc(32, 1)]),
    ],
    run(input) {
      const read = answer(() => decodeNode(input), MalformedBytes);
      if (read !== undefined) same(encoded(read), input, 'an index node');
    },
  }),
};

function encoded(node: IndexNode): Buffer {
  return node.kind === 'slots' ? encodeSlots(node.entries) : encodeBranches(node.level, node.entries);
}

export const treeHead: Target = {
  name: 'tree-head',
  form: 'bytes',
  begin: () => ({
    seeds: [Buffer.concat([Buffer.alloc(192), Buffer.alloc(64, 1)])],
    run(input) {
      const [layout, signature] = [input.subarray(0, Math.max(0, input.length - 64)), input.subarray(-64)];
      const read = answer(() => decodeHead(layout, signature), MalformedBytes);
      if (read !== undefined) same(encodeHead(read), layout, 'a tree head');
    },
  }),
};

/** A few files, one of them with content, a link and a quarantined cube. */
function smallTree(): readonly Mutation[] {
  const cubes = fc.sample(mutation, { seed: 3, numRuns: 400 }).filter(({ type }) => type === 'quarantine');
  return [
    ...make(1, 0, 'unused', 'directory').slice(0, 1),
    ...make(2, 1, 'file'),
    putOf(2, Buffer.from('content')),
    ...make(3, 1, 'folder', 'directory'),
    ...make(4, 3, 'link', 'symlink'),
    ...make(5, 3, 'other'),
    putOf(5, Buffer.from('other content')),
    ...cubes.slice(0, 2),
  ];
}

function applied(records: readonly Mutation[]): Overlay {
  const state = new Overlay(emptyState);
  for (const [index, one] of records.entries()) apply(state, one, { index, time: 5n, mayCreate: () => true });
  return state;
}

/** A root that a key has signed is needed for it to be read; then nothing of it is trusted all the same. */
export const snapshot: Target = {
  name: 'snapshot',
  form: 'bytes',
  begin() {
    const tree = smallTree();
    const frontier = new Frontier();
    for (const one of tree) frontier.append(leafHash(encodeRecord(one, 5n)));
    const seeds = [writeSnapshot(applied(tree), frontier)];
    return {
      seeds,
      run(input) {
        const read = answer(() => new Snapshot(Buffer.from(input)), MalformedBytes);
        if (read !== undefined) lookAtAll(read);
      },
    };
  },
};

function lookAtAll(read: Snapshot): void {
  const { inodes, entries, objects } = read.counts;
  const each = (count: number, look: (row: number) => unknown): void => {
    for (let row = 0; row < count; row++) answer(() => look(row), MalformedBytes);
  };
  each(inodes, (row) => read.inodeAt(row));
  each(inodes, (row) => read.inode(row));
  each(entries, (row) => [read.entryState(row), read.entryName(row), read.entryParent(row)]);
  each(entries, (row) => [...read.list(read.entryParent(row), null)]);
  each(entries, (row) => read.entry(read.entryParent(row), read.entryName(row)));
  each(objects, (row) => {
    const object = read.object(row + 1);
    return object && read.objectNumber(object.tag, object.namespace);
  });
  answer(() => [...read.quarantined()].map(({ cube }) => read.quarantine(cube)), MalformedBytes);
}

/** Records one behind the other, each with its length before it: a log that its key has made, and that breaks rules. */
export const replay: Target = {
  name: 'manifest-replay',
  form: 'bytes',
  begin() {
    const tree = smallTree();
    return {
      seeds: [framed(tree.map((one) => encodeRecord(one, 5n)))],
      run(input) {
        const state = new Overlay(emptyState);
        let index = 0;
        for (const bytes of unframed(input)) {
          const read = answer(() => decodeRecord(bytes), MalformedBytes);
          if (read === undefined) return;
          answer(() => apply(state, read.mutation, { index, time: read.time, mayCreate: () => true }));
          index += 1;
        }
        const written = writeSnapshot(state, new Frontier());
        lookAtAll(new Snapshot(written));
      },
    };
  },
};

export function framed(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(2);
      length.writeUInt16LE(part.length);
      return [length, part];
    }),
  );
}

/** What was framed; the last part may be cut. */
export function* unframed(input: Buffer): Iterable<Buffer> {
  for (let at = 0; at + 2 <= input.length; ) {
    const length = input.readUInt16LE(at);
    yield input.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
}
