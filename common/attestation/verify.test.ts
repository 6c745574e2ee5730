import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jcs } from '../jcs.js';
import { type Attestation, longestAttestation } from './attestation.js';
import { Forger, type Parts } from './forger.fixture.js';
import { type Expected, verifyAttestation } from './verify.js';

const forger = new Forger();
const hour = 3_600_000_000_000n;
const expected: Expected = {
  ...{ nonce: forger.nonce, publicKey: forger.publicKey, keyName: null, pcrs: new Map() },
  ...{ now: forger.now, maxAge: hour },
};

/** The sentence of the refusal. */
function refusal(bytes: Buffer, other: Partial<Expected> = {}): string {
  try {
    verifyAttestation(bytes, { ...expected, ...other });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'verified';
}

/** Another byte somewhere in a base64 member. */
function flipped(text: string, at = 20): string {
  const bytes = Buffer.from(text, 'base64');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64');
}

describe('an attestation', () => {
  test('whose time is no number is malformed', () => {
    const text = forger.make({}, () => ({ time: '1A' })).toString();
    expect(refusal(Buffer.from(text))).toContain('a time in nanoseconds is wanted');
  });

  test('that is right in all verifies, and tells what was quoted', () => {
    const found = verifyAttestation(forger.make(), expected);
    expect(found).toMatchObject({ uuid: forger.uuid, tpm: 'hardware', bank: 'sha256', time: forger.now });
    expect([...found.pcrs]).toEqual([[7, forger.pcr7.toString('hex')]]);
    expect(found.head).toMatchObject({ size: 3, nv: 4n, auditSize: 5 });
    expect(refusal(forger.make(), { keyName: found.keyName })).toBe('verified');
  });

  const quotes: [string, Partial<Parts>, string][] = [
    ['that no TPM has made', { magic: 'ff544348' }, 'does not begin with TPM_GENERATED_VALUE'],
    ['that is no quote but another thing that TPMs sign', { type: '8017' }, 'is no quote'],
    ['by another key', { signer: Buffer.alloc(34, 1) }, 'the signer that its quote names'],
    ['of another statement', { qualifying: Buffer.alloc(32, 1) }, 'made of another statement'],
    ['of no statement', { qualifying: Buffer.alloc(0) }, 'made of another statement'],
    ['of another bank', { bank: 0x000c }, 'over other PCRs'],
    ['over fewer PCRs', { selection: Buffer.from([0, 0, 0]) }, 'over other PCRs'],
    ['over more PCRs', { selection: Buffer.from([0x81, 0, 0]) }, 'over other PCRs'],
    ['of other values', { pcrDigest: Buffer.alloc(32) }, 'not those that the TPM quoted'],
    ['with bytes left over', { left: Buffer.alloc(1) }, 'its quote is malformed'],
    ['by another algorithm', { signatureScheme: '0014000b' }, "the TPM's signature is malformed"],
    ['by a key that may leave its TPM', { attributes: '00050470' }, 'its attestation key is malformed'],
    ['by a key that signs anything', { attributes: '00040472' }, 'its attestation key is malformed'],
    ['by a key of another scheme', { scheme: '001a' }, 'its attestation key is malformed'],
  ];
  test.each(quotes)('with a quote %s is refused', (_, parts, sentence) => {
    expect(refusal(forger.make(parts))).toContain(sentence);
  });

  const changes: [string, (a: Attestation) => Partial<Attestation>, string][] = [
    ['nonce', () => ({ nonce: '00'.repeat(32) }), 'its nonce is not the one'],
    ['vault', () => ({ uuid: '10112233-4455-4677-8899-aabbccddeeff' }), 'signature of the tree head'],
    ['public key', ({ publicKey }) => ({ publicKey: flipped(publicKey) }), 'it is of another vault'],
    ['kind of TPM', () => ({ tpm: 'software (not hardware-protected)' }), 'made of another statement'],
    ['time', ({ time }) => ({ time: String(BigInt(time) + 1n) }), 'made of another statement'],
    ['tree head', ({ head }) => ({ head: { ...head, layout: flipped(head.layout) } }), 'of the tree head'],
    ['PCR', ({ pcrs }) => ({ pcrs: { ...pcrs, values: { 7: 'ab'.repeat(32) } } }), 'the TPM quoted'],
    ['set of PCRs', ({ pcrs }) => ({ pcrs: { ...pcrs, values: { 4: pcrs.values[7] ?? '' } } }), 'other PCRs'],
    ['quote', ({ quote }) => ({ quote: { ...quote, attest: flipped(quote.attest, 60) } }), 'of the quote'],
    [
      'signature of the quote',
      ({ quote }) => ({ quote: { ...quote, signature: flipped(quote.signature) } }),
      "the TPM's signature of the quote does not verify",
    ],
    ['point of the key', ({ key }) => ({ key: { ...key, public: flipped(key.public, 40) } }), 'of the quote'],
    ['storage primary', ({ key }) => ({ key: { ...key, primaryName: `000b${'77'.repeat(32)}` } }), 'signer'],
    ['signature', ({ signature }) => ({ signature: flipped(signature) }), 'signature of statement and quote'],
  ];
  test.each(changes)('with another %s is refused', (_, change, sentence) => {
    expect(refusal(forger.make({}, change))).toContain(sentence);
  });

  test('of a key that the vault has not vouched for is refused', () => {
    const other = new Forger();
    const theirs = forger.make({}, () => JSON.parse(other.make().toString()) as Attestation);
    expect(refusal(theirs)).toContain('it is of another vault');
    // Their quote in our statement, and our signature behind it.
    const { key, quote } = JSON.parse(other.make().toString()) as Attestation;
    expect(refusal(forger.make({}, () => ({ key, quote })))).toContain('made of another statement');
  });

  test('is held against what is known of key, PCRs and time', () => {
    const text = forger.make();
    expect(refusal(text, { keyName: Buffer.alloc(34) })).toContain('not the one known');
    expect(refusal(text, { pcrs: new Map([[4, '00']]) })).toContain('nothing of PCR 4');
    const other = '00'.repeat(32);
    expect(refusal(text, { pcrs: new Map([[7, other]]) })).toContain(
      `PCR 7 is ${'07'.repeat(32)}, not ${other}`,
    );
    expect(refusal(text, { now: forger.now + hour + 1n })).toContain('too long ago');
    expect(refusal(text, { now: forger.now - hour })).toContain('still to come');
    expect(refusal(text, { nonce: Buffer.alloc(16) })).toContain('its nonce');
  });

  test('in any other form is none', () => {
    const text = forger.make().toString();
    const again = JSON.parse(text) as Record<string, unknown>;
    const none = (bytes: Buffer | string) => expect(refusal(Buffer.from(bytes))).toContain('no attestation');
    for (const part of ['', '{', 'null', '[]', '{}', '"x"', '\ufeff'.concat(text), ` ${text}`, `${text}\n\n`])
      none(part);
    none(Buffer.from([0xff, 0xfe]));
    none(Buffer.alloc(longestAttestation + 1, 0x20));
    none(jcs({ ...again, more: 1 }));
    none(jcs({ ...again, version: 2 }));
    none(jcs({ ...again, tpm: 'hardware (certified)' }));
    none(jcs({ ...again, time: '9223372036854775808' }));
    none(jcs({ ...again, pcrs: { bank: 'sha256', values: {} } }));
    none(jcs({ ...again, pcrs: { bank: 'sha1', values: { 7: '00'.repeat(20) } } }));
    none(text.replace('"version":1', '"version":1.0'));
    expect(refusal(Buffer.from(`${text}\n`))).toBe('verified');
  });
});

describe('the recorded attestation of a software TPM', () => {
  const file = join(import.meta.dirname, '../../test/vectors/attestation.json');
  const vector = JSON.parse(readFileSync(file, 'utf8')) as { publicKey: string; attestation: Attestation };
  const text = Buffer.from(jcs(vector.attestation));
  const known: Expected = {
    ...{ nonce: Buffer.from(vector.attestation.nonce, 'hex'), keyName: null, pcrs: new Map(), maxAge: hour },
    ...{ publicKey: Buffer.from(vector.publicKey, 'base64'), now: BigInt(vector.attestation.time) },
  };

  test('verifies, and says that it is of a software TPM', () => {
    expect(verifyAttestation(text, known).tpm).toBe('software (not hardware-protected)');
  });

  test('verifies with no byte changed', () => {
    for (let at = 0; at < text.length; at++) {
      const changed = Buffer.from(text);
      changed[at] = (changed[at] ?? 0) ^ (at % 2 === 0 ? 1 : 2);
      expect(refusal(changed, known), `byte ${at}`).not.toBe('verified');
    }
  });
});
