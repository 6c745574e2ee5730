import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, Tpm } from '../index.js';
import { rejection, Swtpm } from './swtpm.fixture.js';

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

describe('NV counters', () => {
  test('count up, one at a time', async () => {
    for (const auth of [null, Secret.random(32), Secret.random(1)]) {
      const { value, ...counter } = await tpm.counterDefine(auth);
      expect(counter.handle).toBeGreaterThanOrEqual(0x01800000);
      expect(counter.handle).toBeLessThanOrEqual(0x01bfffff);
      expect(counter.name.length).toBe(34);
      expect(await tpm.counterRead(counter, auth)).toBe(value);
      expect(await tpm.counterIncrement(counter, auth)).toBe(value + 1n);
      expect(await tpm.counterRead(counter, auth)).toBe(value + 1n);
      await tpm.counterUndefine(counter);
    }
  });

  test('a new counter starts above every one that ever was', async () => {
    const first = await tpm.counterDefine(null);
    for (let i = 0; i < 5; i++) await tpm.counterIncrement(first, null);
    const last = await tpm.counterRead(first, null);
    await tpm.counterUndefine(first);
    const second = await tpm.counterDefine(null);
    expect(second.value).toBeGreaterThan(last);
    await tpm.counterUndefine(second);
  });

  test('only their authValue opens them, and guessing locks nothing', async () => {
    const auth = Secret.random(32);
    const counter = await tpm.counterDefine(auth);
    for (let i = 0; i < 5; i++) {
      const guess = i % 2 === 0 ? null : Secret.random(32);
      expect(await rejection(tpm.counterRead(counter, guess))).toMatchObject({ code: 'ETPM', tpm: 0x9a2 });
      expect(await rejection(tpm.counterIncrement(counter, guess))).toMatchObject({
        code: 'ETPM',
        tpm: 0x9a2,
      });
    }
    expect(await tpm.counterRead(counter, auth)).toBe(counter.value);
    expect((await tpm.info()).lockoutCounter).toBe(0);
    await tpm.counterUndefine(counter);
  });

  test('are used under their own Name only', async () => {
    const counter = await tpm.counterDefine(null);
    const misnamed = { handle: counter.handle, name: Buffer.alloc(34, 3) };
    for (const use of [tpm.counterRead(misnamed, null), tpm.counterIncrement(misnamed, null)]) {
      expect(await rejection(use)).toMatchObject({ code: 'ENVNAME' });
    }
    expect(await rejection(tpm.counterUndefine(misnamed))).toMatchObject({ code: 'ENVNAME' });
    await tpm.counterUndefine(counter);
    for (const use of [tpm.counterRead(counter, null), tpm.counterUndefine(counter)]) {
      expect(await rejection(use)).toMatchObject({ code: 'ENVGONE' });
    }
  });

  test('outlive a power cut', async () => {
    const auth = Secret.random(32);
    const counter = await tpm.counterDefine(auth);
    const value = await tpm.counterIncrement(counter, auth);
    await swtpm.kill();
    await swtpm.start();
    tpm = await Tpm.connect(swtpm.tcti);
    expect(await tpm.counterRead(counter, auth)).toBe(value);
  });

  test('misuse throws at once', () => {
    const read = tpm.counterRead.bind(tpm) as (index?: unknown, auth?: unknown) => unknown;
    for (const wrong of [undefined, null, 1, {}]) expect(() => read(wrong, null)).toThrow(TypeError);
    const name = Buffer.alloc(34);
    for (const handle of [0, 0x81000001, 0x02000000, -1, 0.5]) {
      expect(() => read({ handle, name }, null)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
    expect(() => read({ handle: 0x01800000, name }, undefined)).toThrow(TypeError);
    expect(() => read({ handle: 0x01800000, name: Buffer.alloc(200) }, null)).toThrow();
  });
});
