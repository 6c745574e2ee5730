/** Any record there can be, for property tests. */
import fc from 'fast-check';
import { cubeIdFromBytes, formatSherinId, parseNamespace, type SherinIdParts } from '../../../common/ids.js';
import type { CubeRef } from '../../../native/index.js';
import { encodeBranches, encodeSlots, fanOut, type Slot, slotCount } from '../index-node.js';
import {
  type Attributes,
  cubeFaults,
  inodeKinds,
  type Lineage,
  type Mutation,
  policyTags,
} from '../records.js';

const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const exactly = (length: number): fc.Arbitrary<Buffer> => bytes(length, length);
const inode = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const defined = <T>(values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined);

export const name = bytes(1, 255)
  .map((raw) => Buffer.from(raw.map((byte) => (byte === 0 || byte === 0x2f ? 0x78 : byte))))
  .filter((raw) => !['.', '..'].includes(raw.toString('latin1')));

const attributes: fc.Arbitrary<Attributes> = fc
  .record({
    kind: fc.constantFrom(...defined(inodeKinds)),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: u32,
    gid: u32,
    atime: time,
    mtime: time,
    ctime: time,
    target: bytes(1, 60).map((raw) => Buffer.from(raw.map((byte) => byte || 1))),
    xattrs: fc.uniqueArray(fc.tuple(name, bytes(0, 300)), {
      maxLength: 4,
      selector: ([key]) => key.toString('latin1'),
    }),
  })
  .map((made) => ({ ...made, target: made.kind === 'symlink' ? made.target : null }));

const sherinId: fc.Arbitrary<SherinIdParts> = fc.record({
  namespace: fc.stringMatching(/^[A-Z][A-Z0-9-]{0,15}$/).map(parseNamespace),
  date: fc
    .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => Number(date.toISOString().slice(0, 10).replaceAll('-', ''))),
  tag: exactly(16),
});

const shortText = fc.string({ unit: 'grapheme', maxLength: 20 });
const lineage: fc.Arbitrary<Lineage | null> = fc.option(
  fc
    .record({
      derivedFrom: fc.array(sherinId.map(formatSherinId), { maxLength: 3 }),
      taskId: shortText,
      botId: shortText,
      botVersion: shortText,
    })
    .filter((made) => made.derivedFrom.length > 0 || `${made.taskId}${made.botId}${made.botVersion}` !== ''),
);

export const cube: fc.Arbitrary<CubeRef> = fc.record({
  id: exactly(32),
  root: exactly(32),
  length: fc.integer({ min: 1, max: 1_048_576 }),
});
const piece = fc.oneof(
  fc.record({ kind: fc.constant('hole' as const), vertices: fc.constant(1) }),
  fc.record({ kind: fc.constant('cube' as const), vertices: fc.constant(1), first: fc.constant(0), cube }),
);
export const slot: fc.Arbitrary<Slot> = fc.oneof(
  fc.constant<Slot>({ kind: 'hole' }),
  fc.record({ kind: fc.constant('cube' as const), cube }),
  fc.record({
    kind: fc.constant('pieces' as const),
    root: exactly(32),
    pieces: fc.array(piece, { minLength: 1, maxLength: 16 }),
  }),
);

/** A length and a root node that fits it. */
const content = fc.oneof(
  fc
    .array(slot, { maxLength: fanOut })
    .map((made) => ({ length: made.length * 1_048_576, node: encodeSlots(made) })),
  fc
    .tuple(fc.integer({ min: fanOut + 1, max: fanOut ** 2 }), fc.infiniteStream(fc.option(exactly(32))))
    .map(([count, ids]) => ({
      length: count * 1_048_576 - 5,
      node: encodeBranches(1, [...ids.take(Math.ceil(slotCount(count * 1_048_576) / fanOut))]),
    })),
);

const put: fc.Arbitrary<Mutation> = fc
  .tuple(fc.record({ inode, id: sherinId, root: exactly(32), lineage }), content)
  .map(([made, { length, node }]) => ({ type: 'put', ...made, length, node }));

const layout: fc.Arbitrary<Mutation> = fc
  .tuple(inode, content)
  .map(([object, { node }]) => ({ type: 'layout', object, node }));

const cubeId = exactly(32).map(cubeIdFromBytes);
const ascending = (min: number) =>
  fc
    .uniqueArray(
      fc.oneof(fc.integer({ min, max: 9 }), fc.integer({ min, max: Number.MAX_SAFE_INTEGER - 1 })),
      { maxLength: 5 },
    )
    .map((values) => values.sort((a, b) => a - b));
const of = <T extends Mutation['type']>(type: T): fc.Arbitrary<T> => fc.constant(type);

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ type: of('attributes'), inode, attributes }),
  fc.record({ type: of('link'), parent: inode, inode, name }),
  fc.record({ type: of('unlink'), parent: inode, name }),
  fc.record({
    type: of('rename'),
    parent: inode,
    name,
    newParent: inode,
    newName: name,
    exchange: fc.boolean(),
  }),
  put,
  layout,
  fc.record({ type: of('policy'), parent: inode, name, tag: fc.constantFrom(...policyTags) }),
  fc.record({
    type: of('grant'),
    grant: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
  }),
  fc.record({ type: of('quarantine'), cube: cubeId, reason: fc.constantFrom(...defined(cubeFaults)) }),
  fc.record({ type: of('heal'), cube: cubeId }),
  fc.record({
    type: of('collect'),
    by: fc.constantFrom('gc' as const, 'destroy' as const),
    puts: ascending(0),
    objects: ascending(1),
  }),
);

export const anyTime = time;
