/** What one sherin-fs tells the next, beside descriptors: numbers, names and attributes; no key, no content. Kept in memory alone. */
import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { SherinError } from '../../../common/errors.js';
import { system } from '../../../native/index.js';
import { memfd, sealMemfd } from '../../../native/ipc.js';
import { handedConnectionSchema } from '../../mount/handed.js';
import { handedOrphanSchema } from '../../writing/handed-orphans.js';

/** A program that writes another one and a program that reads it do not go together. */
export const documentVersion = 2;
/** Bytes: a million nodes that the kernel knows take some 30 MB. */
const most = 512 * 1024 * 1024;

const documentSchema = z.strictObject({
  v: z.literal(documentVersion),
  mount: z
    .strictObject({
      info: z.strictObject({
        path: z.string(),
        driver: z.literal('native'),
        allowOther: z.boolean(),
        listIds: z.boolean(),
      }),
      /** The path without links. */
      real: z.string(),
      connection: handedConnectionSchema,
    })
    .nullable(),
  orphans: z.array(handedOrphanSchema),
  /** All numbers of inodes that the kernel may know are below it. */
  nextInode: z.int().positive(),
});
/** As it is written, and as it is read. */
export type HandingDocument = z.input<typeof documentSchema>;
export type HandedDocument = z.output<typeof documentSchema>;

/** @returns descriptor of a sealed memory file, for the caller to close. @throws SherinError UPGRADE_REFUSED: it is too long */
export function writeDocument(document: HandingDocument): number {
  const bytes = Buffer.from(JSON.stringify(document));
  if (bytes.length > most)
    throw new SherinError('UPGRADE_REFUSED', { part: 'programs have too much open at one time' });
  const fd = memfd('sherin-handover', bytes.length);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
    sealMemfd(fd);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** @throws SherinError UPGRADE_FAILED for what is no such document */
export function readDocument(fd: number): HandedDocument {
  const { size } = fstatSync(fd);
  if (!system.isSealed(fd) || size > most) throw unreadable('it is not sealed, or too long');
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const read = readSync(fd, bytes, at, size - at, at);
    if (read === 0) throw unreadable('it ends early');
    at += read;
  }
  return parseDocument(jsonOf(bytes));
}

/** @throws SherinError UPGRADE_FAILED */
function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unreadable('it is no JSON');
  }
}

/** @throws SherinError UPGRADE_FAILED */
export function parseDocument(value: unknown): HandedDocument {
  const parsed = documentSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function unreadable(why: string): SherinError {
  return new SherinError('UPGRADE_FAILED', { part: `what is handed over is not understood (${why})` });
}
