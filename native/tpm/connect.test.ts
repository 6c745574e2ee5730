import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tpm } from '../index.js';
import { rejection, Swtpm } from './swtpm.fixture.js';

let swtpm: Swtpm;
beforeAll(async () => {
  swtpm = await Swtpm.start();
});
afterAll(() => swtpm.remove());

describe('connecting', () => {
  test('tells what the TPM is', async () => {
    const tpm = await Tpm.connect(swtpm.tcti);
    const info = await tpm.info();
    expect(info.manufacturer).toBe('IBM');
    expect(info.firmware).toMatch(/^\d+\.\d+$/);
    expect(info).toMatchObject({ lockoutCounter: 0, inLockout: false, lockoutAuthSet: false });
    expect(info.maxAuthFail).toBeGreaterThan(0);
    await tpm.close();
  });

  test('says why a TPM can not be reached', async () => {
    expect(await rejection(Tpm.connect('swtpm:path=/nonexistent/s'))).toMatchObject({ code: 'ENOENT' });
    expect(await rejection(Tpm.connect('device:/nonexistent'))).toMatchObject({ code: 'ENOENT' });
    expect(await rejection(Tpm.connect('nosuchtcti:x'))).toMatchObject({ code: expect.stringMatching(/^E/) });
    const plain = join(swtpm.directory, 'plain');
    writeFileSync(plain, '');
    expect(await rejection(Tpm.connect(`swtpm:path=${plain}`))).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('misuse throws at once', () => {
    const connect = Tpm.connect as (tcti?: unknown) => unknown;
    for (const wrong of [undefined, null, 1, {}, Buffer.from('x')])
      expect(() => connect(wrong)).toThrow(TypeError);
    for (const wrong of ['', 'swtpm:path=a\0b']) {
      expect(() => connect(wrong)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
    expect(() => new (Tpm as unknown as new () => unknown)()).toThrow(TypeError);
  });

  test('the storage primary is the same every time', async () => {
    const names: string[] = [];
    for (let i = 0; i < 2; i++) {
      const tpm = await Tpm.connect(swtpm.tcti);
      names.push((await tpm.primaryName()).toString('hex'), (await tpm.primaryName()).toString('hex'));
      await tpm.close();
    }
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toMatch(/^000b[0-9a-f]{64}$/);
  });

  test('close is orderly, harmless twice, and final', async () => {
    const tpm = await Tpm.connect(swtpm.tcti);
    const last = tpm.primaryName();
    const closed = tpm.close();
    await tpm.close();
    expect(await rejection(tpm.info())).toMatchObject({ code: 'ECLOSED' });
    expect((await last).length).toBe(34);
    await closed;
    expect(swtpm.loaded()).toEqual([]);
  });

  test('random bytes', async () => {
    const tpm = await Tpm.connect(swtpm.tcti);
    const secret = await tpm.random(32);
    expect(secret.length).toBe(32);
    expect((await tpm.random(1)).length).toBe(1);
    for (const wrong of [0, 33, 1.5, -1, Number.NaN]) {
      expect(() => tpm.random(wrong)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    }
    await tpm.close();
  });
});
