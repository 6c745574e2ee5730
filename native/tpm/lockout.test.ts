import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret, Tpm } from '../index.js';
import { freshPolicy, rejection, Swtpm } from './swtpm.fixture.js';

let swtpm: Swtpm;
let tpm: Tpm;
beforeEach(async () => {
  swtpm = await Swtpm.start();
  tpm = await Tpm.connect(swtpm.tcti);
});
afterEach(async () => {
  await tpm.close();
  await swtpm.remove();
});

/** The TPM loses power and comes back, more often than lockout would forgive. */
async function powerCuts(between: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await between();
    await swtpm.kill();
    await swtpm.start();
    tpm = await Tpm.connect(swtpm.tcti);
  }
}

describe('lockout', () => {
  test('wrong PINs reach it, and other slots still open', async () => {
    const pin = Secret.random(32);
    const policy = await freshPolicy(tpm, pin);
    const open = { ...policy, auth: null };
    const sealed = await tpm.seal(Secret.random(32), policy);
    const withoutPin = await tpm.seal(Secret.random(32), open);
    const wrong = { ...policy, auth: Secret.random(32) };
    for (let i = 0; i < 3; i++) {
      const error = await rejection(tpm.unseal(sealed, wrong));
      expect(error).toMatchObject({ code: 'ETPM', tpm: 0x98e });
      expect(error.message).toMatch(/wrong PIN/);
    }
    expect(await tpm.info()).toMatchObject({ lockoutCounter: 3, inLockout: true });
    const error = await rejection(tpm.unseal(sealed, policy));
    expect(error).toMatchObject({ code: 'ETPM', tpm: 0x921 });
    expect(error.message).toMatch(/locked after too many wrong PINs/);
    expect((await tpm.unseal(withoutPin, open)).length).toBe(32);
  });

  test('is not reached without PIN, whatever fails', async () => {
    const policy = await freshPolicy(tpm);
    const sealed = await tpm.seal(Secret.random(32), policy);
    for (let i = 0; i < 10; i++) await rejection(tpm.unseal(sealed, { ...policy, pcrs: [8] }));
    await powerCuts(() => tpm.unseal(sealed, policy));
    expect(await tpm.info()).toMatchObject({ lockoutCounter: 0, inLockout: false });
  });

  test('power cuts after the right PIN do not count', async () => {
    const policy = await freshPolicy(tpm, Secret.random(32));
    const sealed = await tpm.seal(Secret.random(32), policy);
    await powerCuts(() => tpm.unseal(sealed, policy));
    expect(await tpm.info()).toMatchObject({ lockoutCounter: 0, inLockout: false });
  });
});
