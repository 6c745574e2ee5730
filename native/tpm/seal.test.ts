import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SealPolicy, Secret, Tpm } from '../index.js';
import { freshPolicy, known, rejection, Swtpm } from './swtpm.fixture.js';

let swtpm: Swtpm;
let tpm: Tpm;
beforeAll(async () => {
  swtpm = await Swtpm.start();
  tpm = await Tpm.connect(swtpm.tcti);
});
afterAll(async () => {
  await tpm.close();
  await swtpm.remove();
});

describe('sealing', () => {
  test('what was sealed comes back', async () => {
    const policy = await freshPolicy(tpm);
    const secret = Secret.random(32);
    const sealed = await tpm.seal(secret, policy);
    expect(Secret.equal(await tpm.unseal(sealed, policy), secret)).toBe(true);
    expect(sealed.primaryName).toEqual(await tpm.primaryName());
    expect(sealed.pcrDigest.length).toBe(32);
  });

  test('every bank, many PCRs, named in any order', async () => {
    const secret = Secret.random(32);
    for (const bank of ['sha256', 'sha384', 'sha512'] as const) {
      const policy = { ...(await freshPolicy(tpm)), bank, pcrs: [14, 0, 7, 2, 1, 3, 4, 5, 6, 8, 9, 22] };
      const sealed = await tpm.seal(secret, policy);
      const reordered = { ...policy, pcrs: [...policy.pcrs].reverse() };
      expect(Secret.equal(await tpm.unseal(sealed, reordered), secret)).toBe(true);
    }
  });

  test('with an authValue, which trailing zeros do not change', async () => {
    const auth = randomBytes(32);
    auth.fill(0, 30);
    const policy = await freshPolicy(tpm, known(auth));
    const secret = Secret.random(32);
    const sealed = await tpm.seal(secret, policy);
    const stripped = { ...policy, auth: known(auth.subarray(0, 30)) };
    expect(Secret.equal(await tpm.unseal(sealed, stripped), secret)).toBe(true);
  });

  test('another policy does not open it', async () => {
    const policy = await freshPolicy(tpm);
    const sealed = await tpm.seal(Secret.random(32), policy);
    const refused = { code: 'ETPM', tpm: 0x99d };
    expect(await rejection(tpm.unseal(sealed, { ...policy, pcrs: [8] }))).toMatchObject(refused);
    expect(await rejection(tpm.unseal(sealed, { ...policy, bank: 'sha384' }))).toMatchObject(refused);
    expect(await rejection(tpm.unseal(sealed, { ...policy, auth: Secret.random(32) }))).toMatchObject(
      refused,
    );
    const other = await freshPolicy(tpm);
    expect(await rejection(tpm.unseal(sealed, other))).toMatchObject(refused);
  });

  test('a changed PCR closes it', async () => {
    const policy = { ...(await freshPolicy(tpm)), pcrs: [7, 11] };
    const sealed = await tpm.seal(Secret.random(32), policy);
    await tpm.pcrExtend(11, randomBytes(32));
    const error = await rejection(tpm.unseal(sealed, policy));
    expect(error).toMatchObject({ code: 'ETPM', tpm: 0x99d });
    expect(error.message).toMatch(/PCR values or the slot generation are not those of sealing/);
  });

  test('an incremented slot counter closes it for good', async () => {
    const policy = await freshPolicy(tpm);
    const sealed = await tpm.seal(Secret.random(32), policy);
    await tpm.counterIncrement(policy.slotCounter, null);
    const error = await rejection(tpm.unseal(sealed, policy));
    expect(error).toMatchObject({ code: 'ETPM', tpm: 0x126 });
    expect(error.message).toMatch(/this slot was removed/);
    const lying = { ...policy, slotGeneration: policy.slotGeneration + 1n };
    expect(await rejection(tpm.unseal(sealed, lying))).toMatchObject({ code: 'ETPM', tpm: 0x99d });
  });

  test('a slot counter that is gone, or another one at its handle', async () => {
    const policy = await freshPolicy(tpm);
    const sealed = await tpm.seal(Secret.random(32), policy);
    const misnamed = { ...policy, slotCounter: { ...policy.slotCounter, name: Buffer.alloc(34, 1) } };
    expect(await rejection(tpm.unseal(sealed, misnamed))).toMatchObject({ code: 'ENVNAME' });
    await tpm.counterUndefine(policy.slotCounter);
    expect(await rejection(tpm.unseal(sealed, policy))).toMatchObject({ code: 'ENVGONE' });
  });

  test('altered blobs are refused', async () => {
    const policy = await freshPolicy(tpm);
    const sealed = await tpm.seal(Secret.random(32), policy);
    for (const part of ['public', 'private'] as const) {
      for (let at = 0; at < sealed[part].length; at += 7) {
        const altered = Buffer.from(sealed[part]);
        altered[at] = (altered[at] ?? 0) ^ 0x10;
        const error = await rejection(tpm.unseal({ ...sealed, [part]: altered }, policy));
        expect(['ETPM', 'EINVAL']).toContain(error.code);
      }
      const longer = Buffer.concat([sealed[part], Buffer.alloc(1)]);
      const shorter = sealed[part].subarray(0, -1);
      for (const wrong of [longer, shorter]) {
        expect(await rejection(tpm.unseal({ ...sealed, [part]: wrong }, policy))).toMatchObject({
          code: 'EINVAL',
        });
      }
    }
    expect((await tpm.unseal(sealed, policy)).length).toBe(32);
  });

  test('selections that bind nothing are refused', async () => {
    const policy = await freshPolicy(tpm);
    const refuse = (change: object): void => {
      const changed = { ...policy, ...change } as SealPolicy;
      expect(() => tpm.seal(Secret.random(32), changed)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    };
    for (const pcrs of [[], [16], [23], [7, 16], [24], [-1], [7, 7], [0.5]]) refuse({ pcrs });
    for (const bank of ['sha1', 'sm3_256', '', undefined]) refuse({ bank });
    for (const slotGeneration of [-1n, 1n << 64n]) refuse({ slotGeneration });
    expect(() => tpm.seal(Secret.random(31), policy)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => tpm.seal(Secret.random(32), { ...policy, auth: Secret.random(33) })).toThrow();
  });

  test('wrong types and wiped secrets throw at once', async () => {
    const policy = await freshPolicy(tpm);
    const seal = tpm.seal.bind(tpm) as (secret?: unknown, policy?: unknown) => unknown;
    const unseal = tpm.unseal.bind(tpm) as (sealed?: unknown, policy?: unknown) => unknown;
    for (const wrong of [undefined, null, 'x', {}, Buffer.alloc(32)]) {
      expect(() => seal(wrong, policy)).toThrow(TypeError);
    }
    for (const wrong of [undefined, null, 7]) {
      expect(() => seal(Secret.random(32), wrong)).toThrow(TypeError);
      expect(() => unseal(wrong, policy)).toThrow(TypeError);
    }
    expect(() => seal(Secret.random(32), { ...policy, slotGeneration: 1 })).toThrow(TypeError);
    expect(() => seal(Secret.random(32), { ...policy, pcrs: '7' })).toThrow(TypeError);
    const wiped = Secret.random(32);
    wiped.wipe();
    expect(() => seal(wiped, policy)).toThrow(expect.objectContaining({ code: 'EWIPED' }));
    expect(() => seal(Secret.random(32), { ...policy, auth: wiped })).toThrow();
  });

  test('a secret wiped while the TPM works on it', async () => {
    const policy = await freshPolicy(tpm);
    const bytes = randomBytes(32);
    const secret = known(bytes);
    const sealing = tpm.seal(secret, policy);
    secret.wipe();
    expect(Secret.equal(await tpm.unseal(await sealing, policy), known(bytes))).toBe(true);
  });

  test('two hundred times leave nothing behind', async () => {
    const policy = await freshPolicy(tpm, Secret.random(32));
    const sealed = await tpm.seal(Secret.random(32), policy);
    const wrong = { ...policy, pcrs: [8] };
    const work = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        (await tpm.unseal(sealed, policy)).wipe();
        if (i % 4 === 0) await rejection(tpm.unseal(sealed, wrong));
      }
    };
    await work(50);
    const before = { rss: process.memoryUsage.rss(), fds: readdirSync('/proc/self/fd').length };
    await work(200);
    expect(readdirSync('/proc/self/fd').length).toBe(before.fds);
    expect(process.memoryUsage.rss() - before.rss).toBeLessThan(16 << 20);
    expect((await tpm.info()).lockoutCounter).toBe(0);
  });

  test('nothing stays loaded', async () => {
    const other = await Swtpm.start();
    const client = await Tpm.connect(other.tcti);
    const policy = await freshPolicy(client, Secret.random(32));
    const sealed = await client.seal(Secret.random(32), policy);
    await client.unseal(sealed, policy);
    await rejection(client.unseal(sealed, { ...policy, auth: Secret.random(32) }));
    await rejection(client.unseal(sealed, { ...policy, pcrs: [8] }));
    await rejection(client.unseal({ ...sealed, primaryName: Buffer.alloc(34, 2) }, policy));
    await client.close();
    expect(other.loaded()).toEqual([]);
    await other.remove();
  });
});

describe('another TPM', () => {
  test('is told by its primary before any session is salted to it', async () => {
    const policy = await freshPolicy(tpm);
    const sealed = await tpm.seal(Secret.random(32), policy);
    const stranger = await Swtpm.start();
    const client = await Tpm.connect(stranger.tcti);
    expect(await rejection(client.unseal(sealed, policy))).toMatchObject({ code: 'EPRIMARY' });
    await client.close();
    await stranger.remove();
  });
});
