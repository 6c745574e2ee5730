/** A head of the audit log as the vault's key signs it (FORMAT.md, "Audit log"): in a head line, a checkpoint, a proof, an anchor. */
import { ByteWriter } from '../../common/bytes.js';
import type { AuditHeadForm } from '../../common/proof-document.js';
import { signedMessage, type Verify } from '../../common/signature.js';

/** A head and its signature, both as they stand in the log. */
export type SignedHead = AuditHeadForm;

/** Whom a log is signed by. */
export interface LogSigner {
  readonly uuid: Buffer;
  readonly verify: Verify;
}

/** What is signed: the root over the first `size` records. @param time nanoseconds since 1970 */
export function headMessage(uuid: Buffer, size: number, root: Buffer, time: bigint): Buffer {
  return signedMessage('audit-head', uuid, new ByteWriter().u64(size).bytes(root).i64n(time).done());
}

/** Whether the vault's key signed a head of the log. */
export function headIsSigned(head: SignedHead, uuid: Buffer, verify: Verify): boolean {
  const message = headMessage(uuid, head.size, Buffer.from(head.root, 'base64'), BigInt(head.time));
  return verify(message, Buffer.from(head.signature, 'base64'));
}
