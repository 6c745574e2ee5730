/** Arbitrary records of the manifest log, in the reference's form. */
import fc from 'fast-check';
import { buildTree } from './object-tree.js';
import type { Attributes, Body, LogRecord } from './records.js';

export const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const inode = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const nanoseconds = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const clean = (min: number, max: number) =>
  bytes(min, max).map((text) => text.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte)));
const name = clean(1, 255).map((text) => (text.every((byte) => byte === 0x2e) ? Uint8Array.of(0x62) : text));

export const u32s = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const attributes: fc.Arbitrary<Attributes> = fc
  .record({
    kind: fc.integer({ min: 1, max: 5 }),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: u32s,
    gid: u32s,
    atime: nanoseconds,
    mtime: nanoseconds,
    ctime: nanoseconds,
    target: clean(1, 20),
    xattrs: fc.uniqueArray(fc.tuple(clean(1, 9), bytes(0, 9)), {
      selector: ([key]) => key.join(),
      maxLength: 3,
    }),
  })
  .map((all) => (all.kind === 3 ? all : { ...all, target: new Uint8Array(0) }));

const date = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((day) => Number(day.toISOString().slice(0, 10).replaceAll('-', '')));
const object = fc.record({
  namespace: fc.constantFrom('FILES', 'A', 'Z9-X', 'ABCDEFGHIJKLMNOP'),
  date,
  tag: bytes(16),
});
const text = fc.string({ maxLength: 12, unit: 'grapheme' }).filter((value) => Buffer.byteLength(value) < 256);

const cube = fc.record({ id: bytes(32), root: bytes(32) });
const content = fc.tuple(fc.integer({ min: 1, max: 2 ** 20 }), fc.option(cube)).map(([length, named]) => ({
  length,
  node: buildTree([named === null ? { kind: 'hole' } : { kind: 'cube', cube: { ...named, length } }]).node,
}));

const put: fc.Arbitrary<Body> = fc
  .tuple(
    content,
    fc.record({
      type: fc.constant('put' as const),
      inode,
      object,
      root: bytes(32),
      random: bytes(16),
      derivedFrom: fc.array(
        fc.constantFrom(`FILES_20240229_${'0f'.repeat(16)}`, `B-1_19991231_${'a7'.repeat(16)}`),
        {
          maxLength: 3,
        },
      ),
      taskId: text,
      botId: text,
      botVersion: text,
    }),
  )
  .map(([data, rest]) => ({ ...rest, ...data }));

const layout: fc.Arbitrary<Body> = fc
  .tuple(content, fc.record({ type: fc.constant('layout' as const), object: inode, random: bytes(16) }))
  .map(([{ node }, rest]) => ({ ...rest, node }));

const ascending = (min: number) =>
  fc
    .uniqueArray(
      fc.oneof(fc.integer({ min, max: 9 }), fc.integer({ min, max: Number.MAX_SAFE_INTEGER - 1 })),
      { maxLength: 5 },
    )
    .map((values) => values.sort((a, b) => a - b));

const body: fc.Arbitrary<Body> = fc.oneof(
  fc.record({ type: fc.constant('attributes' as const), inode, attributes }),
  fc.record({ type: fc.constant('link' as const), parent: inode, inode, name }),
  fc.record({ type: fc.constant('unlink' as const), parent: inode, name }),
  fc.record({
    type: fc.constant('rename' as const),
    parent: inode,
    name,
    newParent: inode,
    newName: name,
    exchange: fc.boolean(),
  }),
  put,
  layout,
  fc.record({
    type: fc.constant('policy' as const),
    parent: inode,
    name,
    tag: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    type: fc.constant('grant' as const),
    grant: fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
  }),
  fc.record({
    type: fc.constant('quarantine' as const),
    cube: bytes(32),
    reason: fc.integer({ min: 1, max: 7 }),
  }),
  fc.record({ type: fc.constant('heal' as const), cube: bytes(32) }),
  fc.record({
    type: fc.constant('collect' as const),
    by: fc.integer({ min: 1, max: 2 }),
    puts: ascending(0),
    objects: ascending(1),
  }),
);

export const record: fc.Arbitrary<LogRecord> = fc.record({ time: nanoseconds, body });
