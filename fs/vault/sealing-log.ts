/** The event log of the boot in which a TPM slot was sealed: a signed file for each slot (FORMAT.md, "Event logs"). */
import { type FileHandle, readdir, rm } from 'node:fs/promises';
import { ByteWriter } from '../../common/bytes.js';
import { systemCode } from '../../common/errors.js';
import { sha256 } from '../../common/merkle.js';
import { signedMessage, verifier } from '../../common/signature.js';
import { replaceFile } from '../disk/durable.js';
import { makeDirectory } from '../disk/make-directory.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import { mostLogBytes } from '../event-log/event-log.js';
import type { VaultDirectory } from './directory.js';
import type { Slot, TpmSlot } from './header.js';

const eventLogFolder = 'event-logs';
const signatureBytes = 64;

type SealedSlot = Pick<TpmSlot, 'id' | 'pcrDigest'>;

/** Where the files are, and whose. */
export interface SealingLogPlace {
  readonly directory: VaultDirectory;
  readonly uuid: Buffer;
}

/** What is found beside a slot. */
export type SealingLog =
  | { readonly state: 'signed'; readonly bytes: Buffer }
  | { readonly state: 'missing' }
  /** It is there, and not what this vault signed for the slot as it is. */
  | { readonly state: 'forged' };

/** u8 slot ‖ its pcrDigest ‖ SHA-256(log). */
function messageOf(uuid: Buffer, { id, pcrDigest }: SealedSlot, log: Buffer): Buffer {
  const layout = new ByteWriter().u8(id).bytes(Buffer.from(pcrDigest, 'hex')).bytes(sha256(log)).done();
  return signedMessage('event-log', uuid, layout);
}

/** Before a header names the slot. A slot is good without: what the disk refuses is not kept. */
export async function keepSealingLog(
  { directory, uuid }: SealingLogPlace,
  slot: SealedSlot,
  log: Buffer,
  sign: (message: Buffer) => Buffer,
): Promise<void> {
  const path = directory.inside(`${eventLogFolder}/${slot.id}`);
  try {
    await makeDirectory(directory.inside(eventLogFolder));
    await replaceFile(path, Buffer.concat([sign(messageOf(uuid, slot, log)), log]));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The log that was kept with a slot, by the signature of `publicKey`. @throws errno of the disk where it is read */
export async function readSealingLog(
  { directory, uuid }: SealingLogPlace,
  slot: SealedSlot,
  publicKey: Buffer,
): Promise<SealingLog> {
  let file: FileHandle;
  try {
    file = await openUntrusted(directory.inside(`${eventLogFolder}/${slot.id}`));
  } catch (error) {
    return { state: systemCode(error) === 'ENOENT' ? 'missing' : 'forged' };
  }
  try {
    if (!(await file.stat()).isFile()) return { state: 'forged' };
    const bytes = await readBounded(file, signatureBytes + mostLogBytes + 1);
    const log = bytes.subarray(signatureBytes);
    if (log.length < 1 || log.length > mostLogBytes) return { state: 'forged' };
    const good = verifier(publicKey)(messageOf(uuid, slot, log), bytes.subarray(0, signatureBytes));
    return good ? { state: 'signed', bytes: log } : { state: 'forged' };
  } finally {
    await file.close();
  }
}

/** Removes the logs of slots that are no more. What stays is of no account: only those of slots are read. */
export async function dropSealingLogs(directory: VaultDirectory, slots: readonly Slot[]): Promise<void> {
  const kept = new Set(slots.flatMap(({ id, type }) => (type === 'tpm2' ? [String(id)] : [])));
  const names = await readdir(directory.inside(eventLogFolder)).catch(() => []);
  for (const name of names.filter((each) => !kept.has(each))) {
    const path = directory.inside(`${eventLogFolder}/${name}`);
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
