import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Attested, verifyAttestation } from '../../../common/attestation/verify.js';
import { jcs } from '../../../common/jcs.js';
import { peer, ServedVault } from '../service.fixture.js';

let vault: ServedVault;
let publicKey: Buffer;
let keyName: Buffer;
beforeAll(async () => {
  vault = await ServedVault.start();
  ({ publicKey, keyName } = await vault.service.attesting.identity(peer));
});
afterAll(() => vault.end());

const attest = (nonce = randomBytes(32)): Promise<string> => vault.service.attesting.attest(nonce, peer);
const keyFile = (): string => join(vault.service.vaultPath, 'attestation.json');

function verified(text: string, nonce: Buffer): Attested {
  const now = BigInt(Date.now()) * 1_000_000n;
  const known = { publicKey, keyName, pcrs: new Map(), now, maxAge: 60_000_000_000n };
  return verifyAttestation(Buffer.from(text), { nonce, ...known });
}

describe('an attestation of a vault', () => {
  test('has the word of the TPM for the PCRs, and of both keys for the tree head as it is', async () => {
    await vault.make('a', 'content');
    const nonce = randomBytes(32);
    const found = verified(await attest(nonce), nonce);
    const session = await vault.session();
    expect(found.head).toEqual(session.manifest.head);
    expect(found.head.size).toBeGreaterThan(1);
    expect(found.tpm).toBe('software (not hardware-protected)');
    expect([...found.pcrs]).toEqual([[7, '00'.repeat(32)]]);
    const [record] = await session.records.tail(1);
    expect(record).toMatchObject({ event: 'AUDIT_ATTEST', meta: { key: keyName.toString('hex') } });
  });

  test('is under the same key after a lock, and there is none while locked', async () => {
    const nonce = randomBytes(16);
    await vault.service.lock(peer);
    await expect(attest(nonce)).rejects.toMatchObject({ code: 'LOCKED' });
    await vault.service.unlock({ slot: 'tpm', pin: null }, peer);
    verified(await attest(nonce), nonce);
  });
});

describe('the key that a vault attests with', () => {
  test('is refused where the vault has not signed it, and its file is never followed or waited for', async () => {
    const text = readFileSync(keyFile(), 'utf8');
    const file = JSON.parse(text) as { private: string; primaryName: string };
    const bytes = Buffer.from(file.private, 'base64');
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    const altered = { ...file, private: bytes.toString('base64') };
    const contents: [string, string][] = [
      ['', 'it is malformed'],
      ['x'.repeat(9000), 'it is malformed'],
      [`${text}\n`, 'it is malformed'],
      [jcs({ ...file, signature: Buffer.alloc(64).toString('base64') }), 'this vault has not signed it'],
      [jcs({ ...file, primaryName: `000b${'11'.repeat(32)}` }), 'this vault has not signed it'],
      [jcs(altered), 'its private part was altered'],
    ];
    for (const [content, part] of contents) {
      writeFileSync(keyFile(), content);
      await expect(attest()).rejects.toThrow(part);
    }
    renameSync(keyFile(), `${keyFile()}.aside`);
    symlinkSync(`${keyFile()}.aside`, keyFile());
    await expect(attest()).rejects.toThrow('it can not be opened (ELOOP)');
    rmSync(keyFile());
    execFileSync('mkfifo', [keyFile()]);
    await expect(attest()).rejects.toThrow('it is no regular file');
    rmSync(keyFile());
    rmSync(`${keyFile()}.aside`);
    writeFileSync(keyFile(), text);
    await attest();
  });

  test('is another one where it was removed, which is on record and shows at the verifier', async () => {
    rmSync(keyFile());
    const nonce = randomBytes(32);
    const text = await attest(nonce);
    expect(() => verified(text, nonce)).toThrow('its attestation key is not the one known');
    const events = (await (await vault.session()).records.tail(2)).map(({ event }) => event);
    expect(events).toEqual(['AUDIT_ATTEST_KEY', 'AUDIT_ATTEST']);
  });
});
