import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tpm } from '../index.js';
import { Swtpm } from './swtpm.fixture.js';

const addon = join(import.meta.dirname, '../../build/Release/sherin_native.node');

let swtpm: Swtpm;
beforeAll(async () => {
  swtpm = await Swtpm.start();
});
afterAll(() => swtpm.remove());

/** Runs a script that has `tpm` connected in a process of its own. */
function run(
  script: string,
  ...options: string[]
): { status: number | null; signal: string | null; text: string } {
  const source = `const { Tpm, Secret } = require(${JSON.stringify(addon)});
    Tpm.connect(${JSON.stringify(swtpm.tcti)}).then(async (tpm) => { ${script} });`;
  const result = spawnSync(process.execPath, [...options, '-e', source], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status: result.status, signal: result.signal, text: result.stdout + result.stderr };
}

const fine = (text = ''): object => ({ status: 0, signal: null, text });

const sealing = `const c = await tpm.counterDefine(null);
  const policy = { pcrs: [7], bank: 'sha256', slotCounter: c, slotGeneration: c.value, auth: null };
  const sealed = await tpm.seal(Secret.random(32), policy);`;

describe('life cycle', () => {
  test('an idle connection does not hold the process', () => {
    expect(run('')).toEqual(fine());
    expect(swtpm.loaded()).toEqual([]);
  });

  test('pending operations do', () => {
    expect(run(`tpm.random(8).then((secret) => console.log(secret.length));`)).toEqual(fine('8\n'));
  });

  test('leaving in the middle of operations leaves the TPM clean', () => {
    const middle = `${sealing} for (let i = 0; i < 50; i++) tpm.unseal(sealed, policy); setTimeout(() => process.exit(), 30);`;
    expect(run(middle)).toEqual(fine());
    expect(swtpm.loaded()).toEqual([]);
    expect(
      run(`${sealing} for (let i = 0; i < 50; i++) tpm.unseal(sealed, policy); process.exit();`),
    ).toEqual(fine());
    expect(swtpm.loaded()).toEqual([]);
  });

  // At some of these moments keys are loaded, at some a session of policy.
  test.each([1, 2, 3, 5, 8])(
    'what a process left loaded that was killed after %i ms is swept at the next connection',
    async (milliseconds) => {
      const { signal } = run(
        `${sealing} tpm.unseal(sealed, policy); setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${milliseconds});`,
      );
      expect(signal).toBe('SIGKILL');
      const tpm = await Tpm.connect(swtpm.tcti);
      await tpm.primaryName();
      await tpm.close();
      expect(swtpm.loaded()).toEqual([]);
    },
  );

  test('a hanging TPM does not hold a process that ends', () => {
    swtpm.signal('SIGSTOP');
    const source = `const { Tpm } = require(${JSON.stringify(addon)});
      Tpm.connect(${JSON.stringify(swtpm.tcti)}); setTimeout(() => process.exit(), 50);`;
    const result = spawnSync(process.execPath, ['-e', source], { encoding: 'utf8', timeout: 30_000 });
    swtpm.signal('SIGCONT');
    expect(result).toMatchObject({ status: 0, signal: null });
  });

  test('a forgotten connection is closed by the garbage collector', () => {
    const script = `tpm = null; for (let i = 0; i < 20; i++) { gc(); await new Promise((done) => setTimeout(done, 10)); }
      const again = await Tpm.connect(${JSON.stringify(swtpm.tcti)}); await again.primaryName(); console.log('connected');`;
    expect(run(script, '--expose-gc')).toEqual(fine('connected\n'));
  });

  test('operations keep their connection through garbage collection', () => {
    const script = `${sealing} const work = Array.from({ length: 20 }, () => tpm.unseal(sealed, policy)); tpm = null;
      gc(); console.log((await Promise.all(work)).length);`;
    expect(run(script, '--expose-gc')).toEqual(fine('20\n'));
  });

  test('worker threads connect, and may end in the middle', async () => {
    const source = `const { Tpm, Secret } = require(${JSON.stringify(addon)});
      const { parentPort } = require('node:worker_threads');
      Tpm.connect(${JSON.stringify(swtpm.tcti)}).then(async (tpm) => {
        ${sealing}
        for (let i = 0; i < 50; i++) tpm.unseal(sealed, policy).catch(() => {});
        parentPort.postMessage('busy');
      });`;
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      await worker.terminate();
      expect(swtpm.loaded()).toEqual([]);
    }
  });
});
