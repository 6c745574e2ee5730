/** Manifest tree heads (FORMAT.md, "Manifest log"). */
import { Cursor, i64, join, u64 } from './bytes.js';
import { type Master, sign, verify } from './keys.js';
import { must } from './refused.js';

export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
  readonly time: bigint;
  readonly nv: bigint;
  readonly headerGeneration: number;
  readonly headerHash: Uint8Array;
  readonly auditSize: number;
  readonly auditRoot: Uint8Array;
  readonly snapshotSize: number;
  readonly stateRoot: Uint8Array;
  readonly journal: number;
  readonly journalEpoch: Uint8Array;
}

export function encodeHead(head: TreeHead): Uint8Array {
  return join(
    join(u64(head.size), head.root, i64(head.time), u64(head.nv)),
    join(u64(head.headerGeneration), head.headerHash),
    join(u64(head.auditSize), head.auditRoot, u64(head.snapshotSize), head.stateRoot),
    u64(head.journal),
    head.journalEpoch,
  );
}

/** @throws Refused malformed */
export function decodeHead(bytes: Uint8Array): TreeHead {
  must(bytes.length === 192, 'a head has 192 bytes');
  const cursor = new Cursor(bytes);
  const [size, root, time, nv] = [cursor.u64(), cursor.take(32), cursor.i64(), cursor.u64n()];
  const [headerGeneration, headerHash] = [cursor.u64(), cursor.take(32)];
  const [auditSize, auditRoot, snapshotSize, stateRoot] = [
    cursor.u64(),
    cursor.take(32),
    cursor.u64(),
    cursor.take(32),
  ];
  const journal = cursor.u64();
  const journalEpoch = cursor.take(8);
  return {
    size,
    root,
    time,
    nv,
    headerGeneration,
    headerHash,
    auditSize,
    auditRoot,
    snapshotSize,
    stateRoot,
    journal,
    journalEpoch,
  };
}

export function signHead(master: Master, head: TreeHead): Uint8Array {
  return sign(master, 'manifest-head', encodeHead(head));
}

/** @throws Refused signature */
export function verifyHead(
  publicKey: Uint8Array,
  uuid: Uint8Array,
  layout: Uint8Array,
  signature: Uint8Array,
): TreeHead {
  verify(publicKey, uuid, 'manifest-head', layout, signature);
  return decodeHead(layout);
}
