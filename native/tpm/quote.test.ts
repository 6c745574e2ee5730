import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { qualifiedName, readAttestationPublic, readQuoted } from '../../common/attestation/tpm-structures.js';
import { type AttestationKey, Tpm } from '../index.js';
import { rejection, Swtpm } from './swtpm.fixture.js';

let swtpm: Swtpm;
let tpm: Tpm;
let key: AttestationKey;
beforeAll(async () => {
  swtpm = await Swtpm.start();
  tpm = await Tpm.connect(swtpm.tcti);
  key = await tpm.attestationKey();
});
afterAll(async () => {
  await tpm.close();
  await swtpm.remove();
});

/** The check of tpm2-tools, which shares no code with ours. @throws Error when it refuses */
function checkQuote(attest: Buffer, signature: Buffer, qualifying: Buffer): void {
  const file = (name: string, bytes: Buffer): string => {
    const path = join(swtpm.directory, name);
    writeFileSync(path, bytes);
    return path;
  };
  const given = [
    ...['-u', file('key.pub', key.public), '-m', file('quote', attest), '-s', file('signature', signature)],
    ...['-q', qualifying.toString('hex'), '-g', 'sha256'],
  ];
  execFileSync('tpm2_checkquote', given, { stdio: 'pipe' });
}

test('a quote is over the PCRs and the data, under a restricted key below the storage primary', async () => {
  const qualifying = randomBytes(32);
  await tpm.pcrExtend(9, randomBytes(32));
  const { attest, signature } = await tpm.quote(key, qualifying, 'sha256', [9, 7]);
  const { name } = readAttestationPublic(key.public);
  const quoted = readQuoted(attest);
  expect(quoted.signer).toEqual(qualifiedName(key.primaryName, name));
  expect(quoted.qualifying).toEqual(qualifying);
  expect(quoted.pcrs).toEqual([7, 9]);
  const values = [...(await tpm.pcrRead('sha256', [7, 9])).values()];
  expect(quoted.pcrDigest).toEqual(createHash('sha256').update(Buffer.concat(values)).digest());
  checkQuote(attest, signature, qualifying);
  expect(() => checkQuote(attest, signature, randomBytes(32))).toThrow();
  await tpm.pcrExtend(9, randomBytes(32));
  const later = readQuoted((await tpm.quote(key, qualifying, 'sha256', [9, 7])).attest);
  expect(later.pcrDigest).not.toEqual(quoted.pcrDigest);
});

test('a key that was altered, or is of another TPM, quotes nothing, and nothing stays loaded', async () => {
  const quote = (other: Partial<AttestationKey>) =>
    rejection(tpm.quote({ ...key, ...other }, randomBytes(32), 'sha256', [7]));
  const altered = Buffer.from(key.private);
  altered[60] = (altered[60] ?? 0) ^ 1;
  expect((await quote({ private: altered })).code).toBe('ETPM');
  expect((await quote({ primaryName: Buffer.alloc(34, 1) })).code).toBe('EPRIMARY');
  expect((await quote({ public: key.public.subarray(0, 20) })).code).toBe('EINVAL');
  expect(() => tpm.quote(key, randomBytes(31), 'sha256', [7])).toThrow();
  expect(() => tpm.quote(key, randomBytes(32), 'sha256', [])).toThrow();
  await tpm.close();
  expect(swtpm.loaded()).toEqual([]);
  tpm = await Tpm.connect(swtpm.tcti);
});
