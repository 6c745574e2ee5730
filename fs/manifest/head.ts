/** The signed tree head (FORMAT.md, "Manifest log"). */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { ByteReader, ByteWriter, MalformedBytes } from '../../common/bytes.js';

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
  readonly signature: Buffer;
}

export type UnsignedHead = Omit<TreeHead, 'signature'>;

const layoutBytes = 192;
const kind = Buffer.from('sherin/v1/manifest-head\0', 'ascii');
/** SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

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
    .bytes(Buffer.alloc(16))
    .done();
}

/** @throws MalformedBytes */
export function decodeHead(layout: Uint8Array, signature: Uint8Array): TreeHead {
  if (layout.length !== layoutBytes) throw new MalformedBytes(`tree head of ${layout.length} bytes`);
  if (signature.length !== 64) throw new MalformedBytes('signature is not 64 bytes');
  const input = new ByteReader(layout);
  const bytes32 = (): Buffer => Buffer.from(input.bytes(32));
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
    signature: Buffer.from(signature),
  };
  if (input.bytes(16).some((byte) => byte !== 0)) throw new MalformedBytes('reserved bytes of the head');
  if (head.snapshotSize > head.size) throw new MalformedBytes('snapshot past the end of the log');
  return head;
}

/** What Ed25519 signs for a head of this vault. */
export function headMessage(uuid: Buffer, layout: Buffer): Buffer {
  return Buffer.concat([kind, uuid, layout]);
}

/** Whether the vault's key signed this head. Node's Ed25519, ten times the speed of one in JavaScript. */
export function headIsSigned(uuid: Buffer, publicKey: Buffer, layout: Buffer, signature: Buffer): boolean {
  return verify(null, headMessage(uuid, layout), importPublicKey(publicKey), signature);
}

function importPublicKey(raw: Buffer): KeyObject {
  if (raw.length !== 32) throw new RangeError('an Ed25519 public key has 32 bytes');
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}
