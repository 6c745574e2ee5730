/** Which segments are kept elsewhere, as the vault's key says it: `audit/archived.json` (FORMAT.md, "Archived segments"). */
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { systemCode } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { sha256 } from '../../common/merkle.js';
import { signedMessage } from '../../common/signature.js';
import { NotCanonical, parseCanonical } from '../../common/strict-json.js';
import { uuidText } from '../../common/vault-key.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import { broken } from './fault.js';
import type { LogSigner } from './signed-head.js';

export const archivedName = 'archived.json';
const largest = 64 * 1024;
/** Places that are told apart; the last one takes all further ones. */
const mostParts = 64;

const hash = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
const number = z.int().min(1).max(99_999_999);
const part = z.strictObject({ from: number, to: number, place: z.string().min(1).max(512) });

const schema = z.strictObject({
  v: z.literal(1),
  vault: z.string(),
  /** Segments 1 to this one are archived. */
  segments: number,
  /** Records in them, and the root over those. */
  size: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  root: hash,
  time: z.string().regex(/^\d{1,19}$/),
  /** Where they were put, as it was said then. */
  parts: z.array(part).min(1).max(mostParts),
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});

export type Archived = Readonly<Omit<z.infer<typeof schema>, 'parts'>> & {
  readonly parts: readonly ArchivedPart[];
};
export type ArchivedPart = Readonly<z.infer<typeof part>>;

function message(uuid: Buffer, unsigned: Omit<Archived, 'signature'>): Buffer {
  return signedMessage('audit-archive', uuid, sha256(Buffer.from(jcs(unsigned), 'utf8')));
}

/** The statement's file, signed. */
export function archivedText(
  facts: Pick<Archived, 'segments' | 'size' | 'root' | 'time' | 'parts'>,
  { uuid, sign }: { readonly uuid: Buffer; readonly sign: (message: Buffer) => Buffer },
): { readonly archived: Archived; readonly bytes: Buffer } {
  const unsigned = { v: 1 as const, vault: uuidText(uuid), ...facts };
  const archived = { ...unsigned, signature: sign(message(uuid, unsigned)).toString('base64') };
  return { archived, bytes: Buffer.from(jcs(archived), 'utf8') };
}

/** The places, with one more behind them. */
export function withPart(parts: readonly ArchivedPart[], added: ArchivedPart): ArchivedPart[] {
  const last = parts.at(-1);
  if (last === undefined || (last.place !== added.place && parts.length < mostParts))
    return [...parts, added];
  return [...parts.slice(0, -1), { ...added, from: last.from }];
}

/** @returns null where nothing is archived. @throws SherinError AUDIT_BROKEN where the statement is not the vault's */
export async function readArchived(dir: string, { uuid, verify }: LogSigner): Promise<Archived | null> {
  const bytes = await fileBytes(join(dir, archivedName));
  if (bytes === null) return null;
  const archived = parsed(bytes);
  const { signature, ...unsigned } = archived;
  if (archived.vault !== uuidText(uuid))
    throw broken(`${archivedName} is of the vault ${archived.vault.slice(0, 36)}`);
  if (!verify(message(uuid, unsigned), Buffer.from(signature, 'base64')))
    throw broken(`the signature of ${archivedName} does not verify`);
  return archived;
}

function parsed(bytes: Buffer): Archived {
  try {
    const found = schema.safeParse(parseCanonical(bytes, largest));
    if (found.success) return found.data;
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error;
  }
  throw broken(`${archivedName} is malformed`);
}

async function fileBytes(path: string): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    file = await openUntrusted(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null;
    throw broken(`${archivedName} can not be opened (${systemCode(error) ?? 'unknown'})`, error);
  }
  try {
    if (!(await file.stat()).isFile()) throw broken(`${archivedName} is no file`);
    return await readBounded(file, largest + 1);
  } finally {
    await file.close();
  }
}
