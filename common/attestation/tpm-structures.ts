/** What a TPM gives of a quote, read to its last byte (TPM 2.0 Part 2; big-endian). Hostile until it has verified. */
import { MalformedBytes } from '../bytes.js';
import { sha256 } from '../merkle.js';

/** TPM_GENERATED_VALUE (6.2): begins whatever a TPM says of itself, and nothing that a restricted key would sign otherwise. */
export const generatedByTpm = 0xff54_4347;
/** TPM_ST_ATTEST_QUOTE (6.9). */
export const quoteType = 0x8018;

/** PCR banks by TPM_ALG_ID (6.3), and the bytes of a value. */
export const pcrBanks = {
  sha256: { algorithm: 0x000b, bytes: 32 },
  sha384: { algorithm: 0x000c, bytes: 48 },
  sha512: { algorithm: 0x000d, bytes: 64 },
} as const;
export type PcrBank = keyof typeof pcrBanks;

const Algorithm = { ecc: 0x0023, sha256: 0x000b, null: 0x0010, ecdsa: 0x0018 } as const;
const nistP256 = 0x0003;
/** TPMA_OBJECT (8.3): fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, sign. */
const signsForTheTpmAlone = 0x0005_0472;
/** TPM_RH_OWNER (7.4). */
const ownerHierarchy = Buffer.from('40000001', 'hex');

class TpmReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedBytes('it ends early');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
  number(bytes: 1 | 2 | 4): number {
    return this.bytes(bytes).readUIntBE(0, bytes);
  }
  /** A TPM2B: u16 size, then as many bytes. */
  sized(most: number): Buffer {
    const size = this.number(2);
    if (size > most) throw new MalformedBytes('a part of it is too long');
    return this.bytes(size);
  }
  end(): void {
    if (this.#at !== this.#bytes.length) throw new MalformedBytes('bytes are left over');
  }
}

/** An attestation key as its TPM describes it. */
export interface AttestationPublic {
  /** nameAlg ‖ digest of the public area: what the key is known by. */
  readonly name: Buffer;
  readonly x: Buffer;
  readonly y: Buffer;
}

/** A number of the curve, 32 bytes; TPMs may leave leading zeros out. */
function coordinate(input: TpmReader): Buffer {
  const bytes = input.sized(32);
  return Buffer.concat([Buffer.alloc(32 - bytes.length), bytes]);
}

/**
 * A TPM2B_PUBLIC of exactly the kind that attests: ECC P-256, ECDSA with SHA-256, restricted, made by its TPM and never to leave it.
 * @throws MalformedBytes
 */
export function readAttestationPublic(bytes: Buffer): AttestationPublic {
  const whole = new TpmReader(bytes);
  const area = whole.sized(512);
  whole.end();
  const input = new TpmReader(area);
  const expected: readonly (readonly [2 | 4, number])[] = [
    ...([[2, Algorithm.ecc] as const, [2, Algorithm.sha256] as const] as const),
    ...([[4, signsForTheTpmAlone] as const, [2, 0] as const] as const),
    ...([[2, Algorithm.null] as const, [2, Algorithm.ecdsa] as const] as const),
    ...([[2, Algorithm.sha256] as const, [2, nistP256] as const, [2, Algorithm.null] as const] as const),
  ];
  for (const [size, value] of expected)
    if (input.number(size) !== value) throw new MalformedBytes('it is a key of another kind');
  const key = { x: coordinate(input), y: coordinate(input) };
  input.end();
  return { name: nameOf(area), ...key };
}

function nameOf(area: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x00, Algorithm.sha256]), sha256(area)]);
}

/** Qualified Name of a key below a primary of the owner hierarchy (Part 1, 16.3): it says where in its TPM the key stands. */
export function qualifiedName(primaryName: Buffer, keyName: Buffer): Buffer {
  return nameOf(Buffer.concat([nameOf(Buffer.concat([ownerHierarchy, primaryName])), keyName]));
}

/** TPMS_ATTEST (10.12.12). */
export interface Quoted {
  readonly magic: number;
  readonly type: number;
  readonly signer: Buffer;
  readonly qualifying: Buffer;
  /** TPM_ALG_ID of the bank. */
  readonly bank: number;
  readonly pcrs: readonly number[];
  readonly pcrDigest: Buffer;
}

/** clock, resetCount, restartCount, safe, firmwareVersion: of no use outside, since a TPM blinds them for such a key (Part 1, 36.7). */
const clockAndFirmware = 8 + 4 + 4 + 1 + 8;

/** @throws MalformedBytes */
export function readQuoted(bytes: Buffer): Quoted {
  const input = new TpmReader(bytes);
  const magic = input.number(4);
  const type = input.number(2);
  // What is no quote is laid out otherwise.
  if (magic !== generatedByTpm || type !== quoteType)
    return { magic, type, ...{ signer: bytes, qualifying: bytes, bank: 0, pcrs: [], pcrDigest: bytes } };
  const signer = input.sized(66);
  const qualifying = input.sized(64);
  input.bytes(clockAndFirmware);
  if (input.number(4) !== 1) throw new MalformedBytes('it is over another number of PCR banks than one');
  const bank = input.number(2);
  const selected = input.bytes(Math.min(input.number(1), 4));
  const pcrDigest = input.sized(64);
  input.end();
  const pcrs = Array.from({ length: selected.length * 8 }, (_, pcr) => pcr).filter(
    (pcr) => (((selected[pcr >> 3] ?? 0) >> (pcr & 7)) & 1) === 1,
  );
  return { magic, type, signer, qualifying, bank, pcrs, pcrDigest };
}

/** r ‖ s of a TPMT_SIGNATURE by ECDSA with SHA-256. @throws MalformedBytes */
export function readEcdsaSignature(bytes: Buffer): Buffer {
  const input = new TpmReader(bytes);
  if (input.number(2) !== Algorithm.ecdsa || input.number(2) !== Algorithm.sha256)
    throw new MalformedBytes('it is by another algorithm');
  const signature = Buffer.concat([coordinate(input), coordinate(input)]);
  input.end();
  return signature;
}
