/** Proofs of records that are kept elsewhere: from the vault and the archive as one log, with the public key alone. */
import { constants } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { leafHash } from '../../common/merkle.js';
import { verifier } from '../../common/signature.js';
import type { VaultKey } from '../../common/vault-key.js';
import { broken } from './fault.js';
import { lineKind, MalformedLine } from './line.js';
import { proveRecord, type RecordProof, readHead } from './prove.js';
import { openSegment, rawLines } from './segment.js';
import { findSegments, inBothPlaces } from './segments.js';
import { headIsSigned } from './signed-head.js';
import { readBefore, readTail } from './tail.js';

export interface BothPlaces {
  /** The vault's `audit/`, which may be written to meanwhile. */
  readonly dir: string;
  /** Where segments are that the vault does not have any more. */
  readonly archive: string;
  readonly key: VaultKey;
}

export interface ArchivedProof extends RecordProof {
  /** The record's line. */
  readonly record: string;
}

/** A proof to the newest head in the vault. @throws SherinError RECORD_UNKNOWN, AUDIT_BROKEN, FORMAT_NEWER */
export async function proveArchived(places: BothPlaces, seq: number): Promise<ArchivedProof> {
  try {
    return await prove(places, seq);
  } catch (error) {
    throw asFault(error);
  }
}

async function prove({ dir, archive, key }: BothPlaces, seq: number): Promise<ArchivedProof> {
  const verify = verifier(key.publicKey);
  const { first, last } = await findSegments(dir, { uuid: key.uuid, verify });
  if (last === 0) throw broken('it has no segments');
  const position = { first: 1, segment: last, end: await lastHeadEnd(dir, last) };
  const { size } = await readHead(dir, position);
  if (seq >= size) throw new SherinError('RECORD_UNKNOWN', { id: seq });
  const folder = inBothPlaces(dir, archive, first);
  const proof = await proveRecord(folder, position, seq);
  if (!headIsSigned(proof.head, key.uuid, verify))
    throw broken('the signature of its last head does not verify');
  const [line] =
    seq + 1 === size ? await readTail(folder, position, 1) : await readBefore(folder, position, seq + 1, 1);
  const record = line === undefined ? '' : jcs(line);
  if (!leafHash(Buffer.from(record)).equals(proof.leaf))
    throw broken(`record ${seq} is not where it should be`);
  return { ...proof, record };
}

/** Offset after the last head before what a crash, or a writer at work, has left at the end. */
async function lastHeadEnd(dir: string, segment: number): Promise<number> {
  const file = await openSegment(dir, segment, constants.O_RDONLY);
  let end = 0;
  try {
    for await (const batch of rawLines(file)) {
      for (const raw of batch) {
        if (!raw.whole || raw.holed) return end;
        if (!raw.overlong && lineKind(raw.bytes) !== 'record') end = raw.end;
      }
    }
  } finally {
    await file.close();
  }
  return end;
}

function asFault(error: unknown): unknown {
  if (error instanceof MalformedLine) return broken(error.message, error);
  const code = systemCode(error);
  if (error instanceof SherinError || code === undefined) return error;
  const path = error instanceof Error && 'path' in error ? String(error.path) : 'a segment';
  return broken(`${path} can not be read (${code})`, error);
}
