/** The signed tree head (FORMAT.md, "Manifest log"). */
import { ByteReader, ByteWriter, MalformedBytes } from './bytes.js';
import { signedMessage, verifier } from './signature.js';

export interface TreeHead {
  /** Records in the log. */
  readonly size: number;
  /** Merkle root over them. */
  readonly root: Buffer;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** Value of the rollback counter under which this head is valid. */
  readonly nv: bigint;
  readonly headerGeneration: number;
  readonly headerHash: Buffer;
  readonly auditSize: number;
  readonly auditRoot: Buffer;
  /** Records that the snapshot covers; 0: there is none. */
  readonly snapshotSize: number;
  /** Merkle root over the snapshot's 4 KiB blocks; zero bytes without snapshot. */
  readonly stateRoot: Buffer;
  /** Number of the first change that is not in the log, as the journal counts them. */
  readonly journal: number;
  /** Which journal counts (8 bytes). */
  readonly journalEpoch: Buffer;
  readonly signature: Buffer;
}

export type UnsignedHead = Omit<TreeHead, 'signature'>;

/** Bytes of a tree head without its signature. */
export const layoutBytes = 192;

export function encodeHead(head: UnsignedHead): Buffer {
  return new ByteWriter()
    .u64(head.size)
    .bytes(head.root)
    .i64n(head.time)
    .u64n(head.nv)
    .u64(head.headerGeneration)
    .bytes(head.headerHash)
    .u64(head.auditSize)
    .bytes(head.auditRoot)
    .u64(head.snapshotSize)
    .bytes(head.stateRoot)
    .u64(head.journal)
    .bytes(head.journalEpoch)
    .done();
}

/** @throws MalformedBytes */
export function decodeHead(layout: Uint8Array, signature: Uint8Array): TreeHead {
  if (layout.length !== layoutBytes) throw new MalformedBytes(`tree head of ${layout.length} bytes`);
  if (signature.length !== 64) throw new MalformedBytes('signature is not 64 bytes');
  const input = new ByteReader(layout);
  const bytes32 = (): Buffer => input.copy(32);
  const head: TreeHead = {
    size: input.u64(),
    root: bytes32(),
    time: input.i64n(),
    nv: input.u64n(),
    headerGeneration: input.u64(),
    headerHash: bytes32(),
    auditSize: input.u64(),
    auditRoot: bytes32(),
    snapshotSize: input.u64(),
    stateRoot: bytes32(),
    journal: input.u64(),
    journalEpoch: input.copy(8),
    signature: Buffer.from(signature),
  };
  if (head.snapshotSize > head.size) throw new MalformedBytes('snapshot past the end of the log');
  return head;
}

/** What Ed25519 signs for a head of this vault. */
export function headMessage(uuid: Buffer, layout: Buffer): Buffer {
  return signedMessage('manifest-head', uuid, layout);
}

/** Whether the vault's key signed this head. */
export function headIsSigned(uuid: Buffer, publicKey: Buffer, layout: Buffer, signature: Buffer): boolean {
  return verifier(publicKey)(headMessage(uuid, layout), signature);
}
