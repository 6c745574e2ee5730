/** Attestations by who has a vault's key and a P-256 key of its own, and no TPM: right in all but what is changed. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { signedMessage } from '../signature.js';
import { encodeHead } from '../tree-head.js';
import { type Attestation, attestationText } from './attestation.js';
import { attestationMessage, qualifyingData, type Statement } from './statement.js';
import { qualifiedName } from './tpm-structures.js';

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
function sized(bytes: Buffer): Buffer {
  return Buffer.concat([u16(bytes.length), bytes]);
}

/** Numbers in hex that a TPM would put there. */
export interface Parts {
  magic: string;
  type: string;
  attributes: string;
  scheme: string;
  signer: Buffer;
  qualifying: Buffer;
  bank: number;
  selection: Buffer;
  pcrDigest: Buffer;
  signatureScheme: string;
  left: Buffer;
}

export class Forger {
  readonly nonce = Buffer.alloc(32, 9);
  readonly uuid = '00112233-4455-4677-8899-aabbccddeeff';
  readonly primaryName = Buffer.concat([Buffer.from([0, 0x0b]), Buffer.alloc(32, 5)]);
  readonly pcr7 = Buffer.alloc(32, 7);
  readonly now = 1_800_000_000_000_000_000n;
  readonly #vault = generateKeyPairSync('ed25519');
  readonly #key = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  get publicKey(): Buffer {
    return raw(this.#vault.publicKey, 'x');
  }

  sign(message: Buffer): Buffer {
    return sign(null, message, this.#vault.privateKey);
  }

  /** TPM2B_PUBLIC of its key, which says what one says that never leaves a TPM. */
  public({ attributes = '00050472', scheme = '0018' }: Partial<Parts> = {}): Buffer {
    const head = Buffer.from(`0023000b${attributes}00000010${scheme}000b00030010`, 'hex');
    const { publicKey } = this.#key;
    return sized(Buffer.concat([head, sized(raw(publicKey, 'x')), sized(raw(publicKey, 'y'))]));
  }

  /** The JSON text, of which `change` may change what is not signed. */
  make(
    parts: Partial<Parts> = {},
    change: (attestation: Attestation) => Partial<Attestation> = () => ({}),
    time = this.now,
  ): Buffer {
    const uuid = Buffer.from(this.uuid.replaceAll('-', ''), 'hex');
    const area = this.public(parts);
    const keyName = Buffer.concat([Buffer.from([0, 0x0b]), sha256(area.subarray(2))]);
    const head = encodeHead({
      ...{ size: 3, root: Buffer.alloc(32, 1), time: 1n, nv: 4n, headerGeneration: 1 },
      ...{ headerHash: Buffer.alloc(32, 2), auditSize: 5, auditRoot: Buffer.alloc(32, 3), snapshotSize: 0 },
      ...{ stateRoot: Buffer.alloc(32), journal: 0, journalEpoch: Buffer.alloc(8) },
    });
    const headSignature = this.sign(signedMessage('manifest-head', uuid, head));
    const statement: Statement = {
      ...{ tpm: 'hardware', nonce: this.nonce, keyName, primaryName: this.primaryName, time },
      ...{ head, headSignature },
    };
    const attest = this.attest(parts, keyName, qualifyingData(uuid, statement));
    const attestation: Attestation = {
      ...{ format: 'sherin-attestation', version: 1, uuid: this.uuid, tpm: 'hardware' },
      publicKey: this.publicKey.toString('base64'),
      nonce: this.nonce.toString('hex'),
      time: String(time),
      head: { layout: head.toString('base64'), signature: headSignature.toString('base64') },
      key: { public: area.toString('base64'), primaryName: this.primaryName.toString('hex') },
      pcrs: { bank: 'sha256', values: { 7: this.pcr7.toString('hex') } },
      quote: { attest: attest.toString('base64'), signature: this.quoteSignature(attest, parts) },
      signature: this.sign(attestationMessage(uuid, statement, attest)).toString('base64'),
    };
    return Buffer.from(attestationText({ ...attestation, ...change(attestation) }));
  }

  /** TPMS_ATTEST. */
  attest(parts: Partial<Parts>, keyName: Buffer, qualifying: Buffer): Buffer {
    const { magic = 'ff544347', type = '8018', bank = 0x000b, selection = Buffer.from([0x80, 0, 0]) } = parts;
    return Buffer.concat([
      Buffer.from(magic + type, 'hex'),
      sized(parts.signer ?? qualifiedName(this.primaryName, keyName)),
      sized(parts.qualifying ?? qualifying),
      Buffer.alloc(25),
      ...[Buffer.from([0, 0, 0, 1]), u16(bank), Buffer.from([selection.length]), selection],
      sized(parts.pcrDigest ?? sha256(this.pcr7)),
      parts.left ?? Buffer.alloc(0),
    ]);
  }

  quoteSignature(attest: Buffer, { signatureScheme = '0018000b' }: Partial<Parts> = {}): string {
    const key = { key: this.#key.privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const signature = sign('sha256', attest, key);
    const bytes = [sized(signature.subarray(0, 32)), sized(signature.subarray(32))];
    return Buffer.concat([Buffer.from(signatureScheme, 'hex'), ...bytes]).toString('base64');
  }
}

function raw(key: KeyObject, member: 'x' | 'y'): Buffer {
  return Buffer.from(key.export({ format: 'jwk' })[member] ?? '', 'base64url');
}
