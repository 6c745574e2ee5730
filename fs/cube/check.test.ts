import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base32Encode } from '../../common/base32.js';
import { SampleVault } from '../../native/codec/vault.fixture.js';
import { type StoredCubes, scrubCubes, sideBySide } from './check.js';
import { CubeStore } from './store.js';

const vault = new SampleVault();
afterAll(() => vault.destroy());
const cubes = 40;
let stored: StoredCubes;
let broken: Buffer;

beforeAll(async () => {
  for (let i = 0; i < cubes; i++) broken = (await vault.store(randomBytes(100))).id;
  const file = vault.read(broken);
  file.writeUInt8(file.readUInt8(4100) ^ 1, 4100);
  vault.write(broken, file);
  stored = {
    store: new CubeStore(vault.fd),
    vaultFd: vault.fd,
    uuid: vault.uuid,
    publicKey: vault.keyring.publicKey(),
  };
});

describe('scrubCubes', () => {
  it('checks each stored cube once, and asks once how many there should be', async () => {
    let asked = 0;
    const failures: string[][] = [];
    const steps: number[][] = [];
    const checked = await scrubCubes(
      stored,
      () => {
        asked += 1;
        return 30;
      },
      (name, fault) => failures.push([name, fault]),
      (done, total) => steps.push([done, total]) > 0,
    );
    expect(checked).toBe(cubes);
    expect(asked).toBe(1);
    expect(failures).toEqual([[base32Encode(broken), 'root']]);
    expect(steps).toEqual(Array.from({ length: cubes }, (_, i) => [i + 1, Math.max(30, i + 1)]));
  });

  it('names files that can be no cube', async () => {
    mkdirSync(join(vault.path, 'cubes/zz'), { recursive: true });
    writeFileSync(join(vault.path, 'cubes/zz/zz.cube'), '');
    const failures: string[][] = [];
    await scrubCubes(
      stored,
      () => 0,
      (name, fault) => failures.push([name, fault]),
      () => true,
    );
    expect(failures).toContainEqual(['zz', 'malformed']);
  });

  it('ends soon after it was told to', async () => {
    const ended = await scrubCubes(
      stored,
      () => 0,
      () => undefined,
      (done) => done < 5,
    );
    expect(ended).toBeGreaterThanOrEqual(5);
    expect(ended).toBeLessThan(10);
  });
});

describe('sideBySide', () => {
  it('has a few values under way at a time, never more', async () => {
    const seen: number[] = [];
    let [now, most] = [0, 0];
    await sideBySide(
      Array.from({ length: 50 }, (_, i) => i),
      async (value) => {
        now += 1;
        most = Math.max(most, now);
        await setImmediate();
        now -= 1;
        seen.push(value);
        return true;
      },
    );
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(most).toBe(4);
  });

  it('fails with the first failure, once nothing is under way any more', async () => {
    let under = 0;
    const run = sideBySide([1, 2, 3, 4, 5, 6, 7, 8], async (value) => {
      under += 1;
      await setImmediate();
      under -= 1;
      if (value === 2) throw new Error('two');
      return true;
    });
    await expect(run).rejects.toThrow('two');
    expect(under).toBe(0);
  });
});
