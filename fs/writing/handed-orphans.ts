/**
 * Files that programs hold without a name, on their way to another process: no record has them, and no journal. Attributes and where their
 * content is in cubes, no content.
 */
import { z } from 'zod';
import { SherinError } from '../../common/errors.js';
import { cubeIdFromBytes } from '../../common/ids.js';
import { cubesOf } from '../cube/catalog.js';
import { decodeNode, encodeSlots } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';
import type { Inode } from '../manifest/tree.js';
import type { UnsealedFile } from './contents.js';
import type { Writing } from './writing.js';

const number = z.int().nonnegative();
const time = z
  .string()
  .regex(/^-?\d{1,20}$/)
  .transform(BigInt);
const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));
const kinds = ['file', 'directory', 'symlink', 'fifo', 'socket'] as const;

const contentSchema = z.strictObject({
  /** The last version that it stands on. */
  base: z.strictObject({ length: number, node: bytes }),
  /** Bytes of that which count, and of all. */
  cut: number,
  length: number,
  /** Runs of slots. */
  holes: z.array(z.tuple([number, number])),
  /** Slots in cubes of their own: index, bytes that count, index node of that slot alone. */
  slots: z.array(z.tuple([number, number, bytes])),
  /** Of the last write. */
  written: time,
});

export const handedOrphanSchema = z.strictObject({
  inode: z.strictObject({
    ...{ ino: number, nlink: number, size: number, object: number, version: number, putIndex: z.int() },
    ...{ kind: z.enum(kinds), mode: number, uid: number, gid: number, atime: time, mtime: time, ctime: time },
    target: bytes.nullable(),
    xattrs: z.array(z.tuple([bytes, bytes])),
  }),
  /** Null: as its last version. */
  content: contentSchema.nullable(),
});
/** As it is written, and as it is read. */
export type HandingOrphan = z.input<typeof handedOrphanSchema>;
export type HandedOrphan = z.output<typeof handedOrphanSchema>;

/** After what is in memory of them was stored. @throws SherinError UPGRADE_REFUSED: some of it can not be */
export function handOrphans({ working, contents }: Writing): HandingOrphan[] {
  return Array.from(working.orphans(), (inode) => {
    const file = contents.get(inode.ino);
    return { inode: written(inode), content: file === undefined ? null : contentOf(file) };
  });
}

/** They are there again; who forgets them lets go of them. */
export async function restoreOrphans(writing: Writing, orphans: readonly HandedOrphan[]): Promise<void> {
  // Their cubes stay, by the same hold as those of other content in memory.
  await writing.holding(async () => {
    for (const { inode, content } of orphans) {
      writing.working.orphan(inode);
      if (content !== null) await restoreContent(writing, inode.ino, content);
    }
  });
}

function written({ target, xattrs, atime, mtime, ctime, ...rest }: Inode): HandingOrphan['inode'] {
  return {
    ...rest,
    ...{ atime: String(atime), mtime: String(mtime), ctime: String(ctime) },
    target: target === null ? null : target.toString('base64'),
    xattrs: xattrs.map(([name, value]) => [name.toString('base64'), value.toString('base64')]),
  };
}

function contentOf({ content, written: last }: UnsealedFile): NonNullable<HandingOrphan['content']> {
  const [base] = content.inCubes();
  content.untell();
  const { length, slots, vertices, marks, release } = content.takeUntold();
  release();
  if (base === undefined || vertices.size > 0)
    throw new SherinError('UPGRADE_REFUSED', { part: 'a file without a name can not be stored' });
  return {
    base: { length: base.length, node: base.node.toString('base64') },
    cut: marks.cut,
    length,
    holes: Array.from(marks.holes, ({ first, end }) => [first, end]),
    slots: Array.from(slots, ([index, { slot, limit }]) => [
      index,
      limit,
      encodeSlots([slot]).toString('base64'),
    ]),
    written: String(last),
  };
}

async function restoreContent(
  { contents, relief }: Writing,
  ino: number,
  { base, cut, length, holes, slots, written: last }: NonNullable<HandedOrphan['content']>,
): Promise<void> {
  const file = contents.unsealed(ino, base);
  const { content } = file;
  contents.touched(file, last);
  await content.inTurn(() => {
    content.truncate(Math.min(cut, base.length));
    content.truncate(length);
    for (const [first, end] of holes) content.placeHoles(first, end);
    for (const [index, limit, node] of slots) {
      const slot = slotIn(node);
      content.placeSlot(index, slot, limit);
      // Their space is given back with the last who holds the file.
      for (const { id } of cubesOf(slot)) {
        relief.ahead.made(cubeIdFromBytes(id));
        relief.ahead.used(cubeIdFromBytes(id), ino);
      }
    }
  });
}

/** @throws MalformedBytes */
function slotIn(node: Buffer): Slot {
  const { kind, entries } = decodeNode(node);
  const [slot] = kind === 'slots' ? entries : [];
  return slot ?? { kind: 'hole' };
}
