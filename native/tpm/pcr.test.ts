import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, Tpm } from '../index.js';
import { freshPolicy, Swtpm } from './swtpm.fixture.js';

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

const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

describe('PCRs', () => {
  test('all 24 are read, in ascending order', async () => {
    const all = Array.from({ length: 24 }, (_, i) => 23 - i);
    for (const [bank, size] of [
      ['sha256', 32],
      ['sha384', 48],
      ['sha512', 64],
    ] as const) {
      const values = await tpm.pcrRead(bank, all);
      expect([...values.keys()]).toEqual([...all].reverse());
      for (const value of values.values()) expect(value.length).toBe(size);
    }
  });

  test('extending hashes onto the old value, and the seal digest follows', async () => {
    const extra = randomBytes(32);
    const before = (await tpm.pcrRead('sha256', [9])).get(9) ?? Buffer.alloc(0);
    await tpm.pcrExtend(9, extra);
    const values = await tpm.pcrRead('sha256', [7, 9]);
    expect(values.get(9)).toEqual(sha256(before, extra));
    const policy = { ...(await freshPolicy(tpm)), pcrs: [9, 7] };
    const sealed = await tpm.seal(Secret.random(32), policy);
    expect(sealed.pcrDigest).toEqual(sha256(...values.values()));
  });

  test('misuse throws at once', () => {
    const read = tpm.pcrRead.bind(tpm) as (bank: unknown, pcrs: unknown) => unknown;
    expect(() => read('sha1', [0])).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    for (const pcrs of [[], [24], [0, 0]]) {
      expect(() => read('sha256', pcrs)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
    expect(() => tpm.pcrExtend(24, randomBytes(32))).toThrow();
    expect(() => tpm.pcrExtend(9, randomBytes(31))).toThrow();
  });
});
