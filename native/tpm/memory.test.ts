import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findInMemory } from '../memory/process-memory.fixture.js';
import { Swtpm } from './swtpm.fixture.js';

const addon = join(import.meta.dirname, '../../build/Release/sherin_native.node');

let swtpm: Swtpm;
beforeEach(async () => {
  swtpm = await Swtpm.start();
});
afterEach(() => swtpm.remove());

/** Names of the secrets of which a half is in the memory of a process. */
function remains(child: ChildProcess, secrets: Readonly<Record<string, Buffer>>): string[] {
  const halves = new Map<string, Buffer>();
  for (const [name, secret] of Object.entries(secrets)) {
    halves.set(`${name}, first half`, secret.subarray(0, 16));
    halves.set(`${name}, second half`, secret.subarray(16));
  }
  return [...findInMemory(child.pid ?? 0, halves)];
}

/** 32 bytes that do not end like a line, which Secret.readFd would strip. */
function secretBytes(): Buffer {
  const bytes = randomBytes(32);
  bytes[31] = 1;
  return bytes;
}

/** Runs a script over three secrets that reach the process through pipes, wipes them, and looks for what remains. */
async function remainsAfter(script: string): Promise<string[]> {
  const source = `const { Tpm, Secret } = require(${JSON.stringify(addon)});
    const [secret, pin, auth] = [3, 4, 5].map((fd) => Secret.readFd(fd, 32));
    Tpm.connect(${JSON.stringify(swtpm.tcti)}).then(async (tpm) => {
      const counter = await tpm.counterDefine(null);
      const policy = { pcrs: [7], bank: 'sha256', slotCounter: counter, slotGeneration: counter.value, auth: pin };
      ${script}
      for (const each of [secret, pin, auth]) each.wipe();
      console.log('done');
      setInterval(() => tpm, 1000);
    });`;
  const child = spawn(process.execPath, ['-e', source], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe', 'pipe'],
  });
  try {
    const secrets = { secret: secretBytes(), pin: secretBytes(), auth: secretBytes() };
    Object.values(secrets).forEach((bytes, i) => {
      const pipe = child.stdio[3 + i];
      if (pipe instanceof Writable) pipe.end(bytes);
    });
    await new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve);
      child.once('exit', (status) => reject(new Error(`the script ended with ${status}`)));
    });
    return remains(child, secrets);
  } finally {
    child.kill('SIGKILL');
  }
}

const sealing = 'const sealed = await tpm.seal(secret, policy);';

describe('memory of the process, secrets wiped', () => {
  test('holds a secret that was left in it (the search finds)', async () => {
    const bytes = randomBytes(32);
    const child = spawn(process.execPath, [
      '-e',
      `const left = Buffer.from('${bytes.toString('hex')}', 'hex'); console.log(1); setInterval(() => left, 1000);`,
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(remains(child, { bytes })).toEqual(['bytes, first half', 'bytes, second half']);
    child.kill('SIGKILL');
  });

  test('holds nothing of a secret or PIN after sealing', async () => {
    expect(await remainsAfter(sealing)).toEqual([]);
  });

  test('nor after unsealing, closed or not', async () => {
    expect(await remainsAfter(`${sealing} (await tpm.unseal(sealed, policy)).wipe();`)).toEqual([]);
    expect(
      await remainsAfter(`${sealing} (await tpm.unseal(sealed, policy)).wipe(); await tpm.close();`),
    ).toEqual([]);
  });

  test('nor after a refused unsealing', async () => {
    const refused = `${sealing} await tpm.pcrExtend(7, Buffer.alloc(32)); await tpm.unseal(sealed, policy).catch(() => {});`;
    expect(await remainsAfter(refused)).toEqual([]);
    const wrong = `const sealed = await tpm.seal(secret, { ...policy, auth }); await tpm.unseal(sealed, policy).catch(() => {});`;
    expect(await remainsAfter(wrong)).toEqual([]);
  });

  test('nor of an authValue after use of a counter', async () => {
    const counting = `const own = await tpm.counterDefine(auth); await tpm.counterIncrement(own, auth); await tpm.counterRead(own, auth);`;
    expect(await remainsAfter(counting)).toEqual([]);
    expect(await remainsAfter(`${counting} await tpm.close();`)).toEqual([]);
  });
});
