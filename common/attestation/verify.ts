/** Checks an attestation elsewhere: with the vault's public key and the nonce, without TPM, vault or addon. */
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { MalformedBytes } from '../bytes.js';
import { SherinError } from '../errors.js';
import { sha256 } from '../merkle.js';
import { verifier } from '../signature.js';
import { isoTime } from '../time.js';
import { decodeHead, headIsSigned, type TreeHead } from '../tree-head.js';
import { type Attestation, parseAttestation } from './attestation.js';
import { attestationMessage, qualifyingData, type Statement, type TpmKind } from './statement.js';
import {
  type AttestationPublic,
  generatedByTpm,
  pcrBanks,
  qualifiedName,
  quoteType,
  readAttestationPublic,
  readEcdsaSignature,
  readQuoted,
} from './tpm-structures.js';

/** What the verifier knows from elsewhere. */
export interface Expected {
  /** The nonce that it chose for this very question. */
  readonly nonce: Buffer;
  /** Of the vault. */
  readonly publicKey: Buffer;
  /** Name of the attestation key, where one was seen before. */
  readonly keyName: Buffer | null;
  readonly pcrs: ReadonlyMap<number, string>;
  /** Nanoseconds since 1970. */
  readonly now: bigint;
  /** How old it may be, nanoseconds. */
  readonly maxAge: bigint;
}

/** What is true of the vault's machine, as far as its TPM can be believed. */
export interface Attested {
  readonly uuid: string;
  readonly tpm: TpmKind;
  readonly time: bigint;
  readonly keyName: Buffer;
  readonly bank: Attestation['pcrs']['bank'];
  readonly pcrs: ReadonlyMap<number, string>;
  readonly head: TreeHead;
}

/** How far the clocks of two machines may be apart, nanoseconds. */
const clockSkew = 300_000_000_000n;

function refuse(part: string): never {
  throw new SherinError('ATTESTATION_REFUSED', { part });
}

/** @throws SherinError ATTESTATION_MALFORMED; ATTESTATION_REFUSED, which names the part that is wrong */
export function verifyAttestation(bytes: Uint8Array, expected: Expected): Attested {
  const attestation = parseAttestation(bytes);
  const nonce = Buffer.from(attestation.nonce, 'hex');
  if (!nonce.equals(expected.nonce)) refuse('its nonce is not the one that was asked for');
  if (!Buffer.from(attestation.publicKey, 'base64').equals(expected.publicKey))
    refuse('it is of another vault: its public key is not the one given');
  const key = structure('its attestation key', () =>
    readAttestationPublic(Buffer.from(attestation.key.public, 'base64')),
  );
  if (expected.keyName !== null && !key.name.equals(expected.keyName))
    refuse(`its attestation key is not the one known: its Name is ${key.name.toString('hex')}`);
  const uuid = Buffer.from(attestation.uuid.replaceAll('-', ''), 'hex');
  const head = requireHead(attestation, uuid, expected.publicKey);
  const statement = statementOf(attestation, nonce, key);
  const pcrs = requireQuote(attestation, key, qualifyingData(uuid, statement), statement);
  const attest = Buffer.from(attestation.quote.attest, 'base64');
  const signature = Buffer.from(attestation.signature, 'base64');
  if (!verifier(expected.publicKey)(attestationMessage(uuid, statement, attest), signature))
    refuse("the vault's signature of statement and quote does not verify");
  requireFresh(statement.time, expected);
  for (const [pcr, value] of expected.pcrs) requirePcr(pcr, value, pcrs.get(pcr));
  const { tpm, time } = statement;
  return { uuid: attestation.uuid, tpm, time, keyName: key.name, bank: attestation.pcrs.bank, pcrs, head };
}

function statementOf(attestation: Attestation, nonce: Buffer, key: AttestationPublic): Statement {
  return {
    tpm: attestation.tpm,
    nonce,
    keyName: key.name,
    primaryName: Buffer.from(attestation.key.primaryName, 'hex'),
    time: BigInt(attestation.time),
    head: Buffer.from(attestation.head.layout, 'base64'),
    headSignature: Buffer.from(attestation.head.signature, 'base64'),
  };
}

function requireHead({ head }: Attestation, uuid: Buffer, publicKey: Buffer): TreeHead {
  const layout = Buffer.from(head.layout, 'base64');
  const signature = Buffer.from(head.signature, 'base64');
  if (!headIsSigned(uuid, publicKey, layout, signature))
    refuse("the vault's signature of the tree head does not verify");
  return structure('its tree head', () => decodeHead(layout, signature));
}

/** What the TPM itself has said: by this key, of this statement, about these PCRs. @returns their values */
function requireQuote(
  { quote, pcrs: { bank, values } }: Attestation,
  key: AttestationPublic,
  qualifying: Buffer,
  { primaryName }: Statement,
): ReadonlyMap<number, string> {
  const attest = Buffer.from(quote.attest, 'base64');
  const signature = structure("the TPM's signature", () =>
    readEcdsaSignature(Buffer.from(quote.signature, 'base64')),
  );
  if (!isSignedBy(key, attest, signature)) refuse("the TPM's signature of the quote does not verify");
  const quoted = structure('its quote', () => readQuoted(attest));
  if (quoted.magic !== generatedByTpm)
    refuse('no TPM has made its quote: it does not begin with TPM_GENERATED_VALUE');
  if (quoted.type !== quoteType) refuse('what the TPM has signed is no quote');
  if (!quoted.signer.equals(qualifiedName(primaryName, key.name)))
    refuse('the signer that its quote names is not its attestation key below the storage primary');
  if (!quoted.qualifying.equals(qualifying))
    refuse(
      'its quote was made of another statement: another nonce, tree head, vault, time, key or kind of TPM',
    );
  // A JavaScript object lists such keys in ascending order.
  const named = Object.keys(values).map(Number);
  if (quoted.bank !== pcrBanks[bank].algorithm || quoted.pcrs.join() !== named.join())
    refuse('its quote is over other PCRs than those it gives values of');
  const digest = sha256(...Object.values(values).map((value) => Buffer.from(value, 'hex')));
  if (!quoted.pcrDigest.equals(digest)) refuse('the PCR values it gives are not those that the TPM quoted');
  return new Map(named.map((pcr) => [pcr, values[pcr] ?? '']));
}

function isSignedBy({ x, y }: AttestationPublic, message: Buffer, signature: Buffer): boolean {
  const jwk = { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') };
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return verifySignature('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    // No point of the curve.
    return false;
  }
}

function requireFresh(time: bigint, { now, maxAge }: Expected): void {
  if (time > now + clockSkew) refuse(`it is of ${isoTime(time)}, which is still to come`);
  if (time < now - maxAge) refuse(`it is of ${isoTime(time)}, which is too long ago`);
}

function requirePcr(pcr: number, wanted: string, found: string | undefined): void {
  if (found === undefined) refuse(`it says nothing of PCR ${pcr}`);
  if (found !== wanted) refuse(`PCR ${pcr} is ${found}, not ${wanted}`);
}

function structure<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedBytes) refuse(`${what} is malformed: ${error.message}`);
    throw error;
  }
}
