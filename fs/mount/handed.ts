/** What a mount hands to the process that goes on with it. Names and numbers; no content, no key. */
import { z } from 'zod';
import type { InodeKind } from '../manifest/records.js';
import { isGenerated } from './inode-numbers.js';
import type { Node } from './node.js';

const number = z.int().nonnegative();
/** Written as base64. */
const handedBytes = z.base64().transform((text) => Buffer.from(text, 'base64'));
/** Names below the root. */
const place = z.array(z.string()).min(1).max(8);
const kinds = ['file', 'directory', 'symlink', 'fifo', 'socket'] as const satisfies readonly InodeKind[];

const callerSchema = z.strictObject({
  uid: number.nullable(),
  gid: number.nullable(),
  pid: number.nullable(),
  groups: z.array(number).optional(),
  program: z.string().optional(),
});

const handedFileSchema = z.strictObject({
  handle: number.min(1),
  /** Inode under `files/`, or where it is in a generated tree. */
  node: z.union([number, place]),
  caller: callerSchema,
  /** It was opened to be written, too. */
  writes: z.boolean(),
});
export type HandedFile = z.infer<typeof handedFileSchema>;

const listingSchema = z.strictObject({
  handle: number.min(1),
  entries: z.array(z.tuple([handedBytes, number, z.enum(kinds)])),
});
export type HandedListing = z.input<typeof listingSchema>;

export const handedConnectionSchema = z.strictObject({
  request: handedBytes,
  answer: handedBytes,
  /** Of a Float64Array. */
  lookups: handedBytes,
  nextHandle: number,
  /** Nodes of generated trees that the kernel knows, by their numbers. */
  generated: z.array(z.tuple([number, place])),
  files: z.array(handedFileSchema),
  listings: z.array(listingSchema),
});
/** As it is written. */
export type HandingConnection = z.input<typeof handedConnectionSchema>;
/** As it is read. */
export type HandedConnection = z.output<typeof handedConnectionSchema>;

/** How another process finds a node: by its inode, by the way to it, or (undefined) not at all: whoever asks for it looks it up again. */
export function nameOfNode(node: Node): HandedFile['node'] | undefined {
  if (!isGenerated(node.ino)) return node.ino;
  return node.place === null ? undefined : [...node.place];
}
