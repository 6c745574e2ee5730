/** What an attestation states, and the bytes that the TPM and the vault's key sign of it (FORMAT.md, "Attestation"). */
import { ByteWriter } from '../bytes.js';
import { sha256 } from '../merkle.js';
import { signedMessage } from '../signature.js';

/** What stands behind the attestation key, in the words of every status, and its number in the statement. */
export const tpmKinds = { hardware: 1, 'software (not hardware-protected)': 2 } as const;
export type TpmKind = keyof typeof tpmKinds;

/** Each layout of the kind `attest` begins with another byte. */
const Layout = { key: 1, statement: 2, signature: 3 } as const;

export interface Statement {
  readonly tpm: TpmKind;
  readonly nonce: Buffer;
  readonly keyName: Buffer;
  readonly primaryName: Buffer;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** Layout of the tree head, and its signature. */
  readonly head: Buffer;
  readonly headSignature: Buffer;
}

/** What the vault signs of an attestation key when it is made: that it is the vault's. */
export function keyMessage(uuid: Buffer, keyName: Buffer, primaryName: Buffer): Buffer {
  const layout = new ByteWriter().u8(Layout.key).bytes(keyName).bytes(primaryName);
  return signedMessage('attest', uuid, layout.done());
}

function statementLayout(statement: Statement): Buffer {
  return new ByteWriter()
    .u8(Layout.statement)
    .u8(tpmKinds[statement.tpm])
    .bytes(sha256(statement.nonce))
    .bytes(statement.keyName)
    .bytes(statement.primaryName)
    .i64n(statement.time)
    .bytes(statement.head)
    .bytes(statement.headSignature)
    .done();
}

/** What the TPM quotes beside the PCRs: 32 bytes that stand for the whole statement. */
export function qualifyingData(uuid: Buffer, statement: Statement): Buffer {
  return sha256(signedMessage('attest', uuid, statementLayout(statement)));
}

/** What the vault signs of an attestation: its statement together with the very quote that was made of it. */
export function attestationMessage(uuid: Buffer, statement: Statement, attest: Buffer): Buffer {
  const layout = new ByteWriter().u8(Layout.signature);
  layout.bytes(sha256(statementLayout(statement))).bytes(sha256(attest));
  return signedMessage('attest', uuid, layout.done());
}
