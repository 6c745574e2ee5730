import { setTimeout as sleep } from 'node:timers/promises';
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
  swtpm.signal('SIGCONT');
  await tpm.close();
  await swtpm.remove();
});

describe('a TPM that dies', () => {
  test('ends operations under way and later ones with the same clear error', async () => {
    const policy = await freshPolicy(tpm);
    const sealed = await tpm.seal(Secret.random(32), policy);
    const work = Array.from({ length: 50 }, () =>
      tpm.unseal(sealed, policy).then(
        () => 'opened',
        (error) => error.code,
      ),
    );
    await sleep(20);
    await swtpm.kill();
    for (const outcome of await Promise.all(work)) expect(['opened', 'ECONNRESET']).toContain(outcome);
    const error = await rejection(tpm.unseal(sealed, policy));
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(error.message).toMatch(/connection to the TPM is broken/);
    expect(error.tpm).toBeUndefined();
    await tpm.close();

    await swtpm.start();
    tpm = await Tpm.connect(swtpm.tcti);
    expect((await tpm.unseal(sealed, policy)).length).toBe(32);
  });
});

describe('a TPM that is reset while connected', () => {
  test('is started again and keeps its persistent state', async () => {
    const auth = Secret.random(32);
    const policy = await freshPolicy(tpm, auth);
    const counter = await tpm.counterDefine(auth);
    const sealed = await tpm.seal(Secret.random(32), policy);
    const uses = [
      () => tpm.unseal(sealed, policy),
      () => tpm.seal(Secret.random(32), policy),
      () => tpm.counterRead(counter, auth),
      () => tpm.counterIncrement(counter, auth),
      () => tpm.random(8),
      () => tpm.pcrRead('sha256', [0]),
      () => tpm.primaryName(),
      () => tpm.info(),
    ];
    for (const use of uses) {
      swtpm.reset();
      await use();
      await use();
    }
  });
});

describe('a TPM that hangs', () => {
  test('holds neither JavaScript nor close for ever', async () => {
    swtpm.signal('SIGSTOP');
    const stuck = rejection(tpm.primaryName());
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await sleep(100);
    expect(turns).toBeGreaterThan(1);
    clearInterval(timer);
    await tpm.close();
    expect(await stuck).toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('that goes on again answers what was asked', async () => {
    swtpm.signal('SIGSTOP');
    const name = tpm.primaryName();
    await sleep(50);
    swtpm.signal('SIGCONT');
    expect((await name).length).toBe(34);
  });
});
