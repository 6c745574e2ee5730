/** Random operations and sequences, each as often as it is worth. */
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { opening, ownDirectory } from './opening.js';
import type { Look, Operation, OperationName, Operations, Step } from './operation.js';
import * as draw from './values.js';

/** Who works where. */
export interface Setting {
  readonly processes: number;
  /** Operations that a directory does not know, and says so in its limits. */
  readonly without: readonly OperationName[];
  /** Names are UTF-8. */
  readonly utf8?: boolean;
  /** Steps that are left out. */
  readonly except?: (step: Step) => boolean;
}

type Arguments<N extends OperationName> = {
  readonly [K in keyof Operations[N]]: fc.Arbitrary<Operations[N][K]>;
};
type Table = { readonly [N in OperationName]: readonly [weight: number, args: Arguments<N>] };
type Row = readonly [weight: number, args: Readonly<Record<string, fc.Arbitrary<unknown>>>];

/** Each operation with its weight and its arguments. */
function table({ processes, utf8 = false }: Pick<Setting, 'processes' | 'utf8'>, below: string): Table {
  const known = (name: string) => !utf8 || isUtf8(Buffer.from(name, 'latin1'));
  const path = draw.path(below).filter(known);
  const { slot, mode, length, size, seed, owner, time, yesOrNo: follow } = draw;
  const offset = size;
  const onPath = { path };
  const handle = { slot };
  const uidAndGid = { uid: owner, gid: owner };
  const times = { access: time, change: time };
  const named = { name: draw.attribute.filter(known) };
  const value = { ...named, length: draw.attributeLength, seed, flags: draw.attributeFlags };
  return {
    open: [30, { ...onPath, flags: draw.flags, mode, slot }],
    close: [5, handle],
    dup: [1, { ...handle, into: slot }],
    give: [3, { ...handle, process: fc.nat(processes - 1), into: slot }],
    read: [4, { ...handle, length }],
    pread: [6, { ...handle, offset, length }],
    write: [10, { ...handle, length, seed }],
    pwrite: [10, { ...handle, offset, length, seed }],
    map_write: [4, { ...handle, offset: size.filter((at) => at >= 0), length: draw.mapLength, seed }],
    seek: [3, { ...handle, offset, whence: fc.constantFrom('start', 'here', 'end') }],
    extents: [3, handle],
    ftruncate: [5, { ...handle, size }],
    truncate: [5, { ...onPath, size }],
    fallocate: [
      10,
      {
        ...handle,
        mode: fc.constantFrom('punch', 'punch', 'allocate', 'keep-size', 'zero', 'zero-keep-size'),
        offset,
        length,
      },
    ],
    copy_range: [5, { source: slot, ...handle, start: offset, offset, length }],
    fsync: [3, { ...handle, data: fc.boolean() }],
    rename: [14, { ...onPath, to: path, how: fc.constantFrom('plain', 'plain', 'no-replace', 'exchange') }],
    link: [7, { ...onPath, to: path, follow }],
    unlink: [7, onPath],
    symlink: [5, { target: draw.linkTarget, path }],
    readlink: [2, onPath],
    mkdir: [10, { ...onPath, mode }],
    rmdir: [4, onPath],
    mknod: [3, { ...onPath, kind: fc.constantFrom('fifo', 'socket'), mode }],
    readdir: [3, onPath],
    readdir_handle: [2, handle],
    stat: [4, { ...onPath, follow }],
    fstat: [3, handle],
    access: [2, { ...onPath, mode: fc.nat(7) }],
    chmod: [4, { ...onPath, mode }],
    fchmod: [2, { ...handle, mode }],
    chown: [4, { ...onPath, ...uidAndGid, follow }],
    fchown: [2, { ...handle, ...uidAndGid }],
    utimens: [5, { ...onPath, ...times, follow }],
    futimens: [3, { ...handle, ...times }],
    setxattr: [4, { ...onPath, ...value, follow }],
    fsetxattr: [2, { ...handle, ...value }],
    getxattr: [4, { ...onPath, ...named, follow }],
    removexattr: [4, { ...onPath, ...named, follow }],
    listxattr: [2, { ...onPath, follow }],
  };
}

/** Names of all operations. */
export const operationNames = Object.keys(table({ processes: 1 }, '')) as OperationName[];

export function operations(setting: Setting, below = ''): fc.Arbitrary<Operation> {
  const { without } = setting;
  const rows = Object.entries(table(setting, below)) as [OperationName, Row][];
  return fc.oneof(
    ...rows
      .filter(([name]) => !without.includes(name))
      .map(([name, [weight, args]]) => ({
        weight,
        // The table has for each name its own arguments; the compiler does not follow that through `entries`.
        arbitrary: fc.record(args).map((drawn) => ({ do: name, ...drawn }) as unknown as Operation),
      })),
  );
}

/** A tick costs 4 ms on most machines, so few steps wait for one. */
const look: fc.Arbitrary<Look> = fc.nat(19).map((number) => ({ watch: number >= 10, tick: number >= 19 }));

function step(process: fc.Arbitrary<number>, setting: Setting, below = ''): fc.Arbitrary<Step> {
  const { except = () => false } = setting;
  return fc
    .tuple(process, operations(setting, below), look)
    .map(([process, operation, { watch, tick }]) => ({ process, operation, watch, tick }))
    .filter((step) => !except(step));
}

const longestSequence = 120;
/** Steps of a sequence on average: most of an opening, and half of the longest. */
export const averageSequence = 75;

/** Steps of several processes, one after the other. */
export function sequences(setting: Setting): fc.Arbitrary<Step[]> {
  return afterOpening(
    possible(opening(setting.processes), setting),
    step(fc.nat(setting.processes - 1), setting),
  );
}

function possible(steps: readonly Step[], { without }: Setting): readonly Step[] {
  return steps.filter(({ operation }) => !without.includes(operation.do));
}

/** Some steps that most others build on, then random ones. */
function afterOpening(first: readonly Step[], later: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> {
  // A step of the opening stays in most sequences; shrinking goes towards 0, which leaves it out.
  const kept = fc.tuple(...first.map((step) => fc.nat(9).map((number) => (number >= 1 ? [step] : []))));
  return fc
    .tuple(kept, fc.array(later, { maxLength: longestSequence, size: 'max' }))
    .map(([opening, later]) => [...opening.flat(), ...later]);
}

/** A list of steps for each process, in a directory of its own. */
export function separateLists(setting: Setting): fc.Arbitrary<Step[][]> {
  const alone = { ...setting, without: [...setting.without, 'give' as const] };
  const lists = Array.from({ length: setting.processes }, (_, at) =>
    afterOpening(possible(opening(1, at), setting), step(fc.constant(at), alone, ownDirectory(at))),
  );
  return fc.tuple(...lists);
}
