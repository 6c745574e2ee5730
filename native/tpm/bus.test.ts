import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, Tpm } from '../index.js';
import { Recorder } from './recorder.fixture.js';
import { freshPolicy, known, rejection, Swtpm } from './swtpm.fixture.js';

let swtpm: Swtpm;
let recorder: Recorder;
let tpm: Tpm;
beforeAll(async () => {
  swtpm = await Swtpm.start();
  recorder = await Recorder.before(swtpm);
  tpm = await Tpm.connect(recorder.tcti);
});
afterAll(async () => {
  await tpm.close();
  recorder.close();
  await swtpm.remove();
});

describe('a recording of the bus', () => {
  test('holds what is sent in the clear (the recorder records)', async () => {
    const digest = randomBytes(32);
    expect(recorder.saw(digest)).toBe(false);
    await tpm.pcrExtend(12, digest);
    expect(recorder.saw(digest)).toBe(true);
    expect(recorder.saw((await tpm.pcrRead('sha256', [12])).get(12) ?? Buffer.alloc(0))).toBe(true);
  });

  test('holds neither a sealed secret nor a PIN', async () => {
    for (const auth of [null, randomBytes(32)]) {
      const secret = randomBytes(32);
      const policy = await freshPolicy(tpm, auth && known(auth));
      const sealed = await tpm.seal(known(secret), policy);
      const opened = await tpm.unseal(sealed, policy);
      expect(Secret.equal(opened, known(secret))).toBe(true);
      expect(recorder.saw(sealed.public)).toBe(true);
      expect(recorder.saw(secret)).toBe(false);
      if (auth !== null) expect(recorder.saw(auth)).toBe(false);
    }
  });

  test('holds no wrong PIN either', async () => {
    const policy = await freshPolicy(tpm, Secret.random(32));
    const sealed = await tpm.seal(Secret.random(32), policy);
    const wrong = randomBytes(32);
    await rejection(tpm.unseal(sealed, { ...policy, auth: known(wrong) }));
    expect(recorder.saw(wrong)).toBe(false);
  });

  test('holds no authValue of a counter', async () => {
    const auth = randomBytes(32);
    const counter = await tpm.counterDefine(known(auth));
    await tpm.counterIncrement(counter, known(auth));
    await tpm.counterRead(counter, known(auth));
    expect(recorder.saw(counter.name)).toBe(true);
    expect(recorder.saw(auth)).toBe(false);
    await tpm.counterUndefine(counter);
  });
});
