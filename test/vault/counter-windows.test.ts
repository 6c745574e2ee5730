/** A sherin-fs that is killed between a tree head that names the next count and the counter that reaches it, and right after. */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Swtpm } from '../../native/tpm/swtpm.fixture.js';
import { Machine } from './machine.js';
import { nvIncrement, TpmGate } from './tpm-gate.js';
import { gone } from './wait.js';

let machine: Machine;
let swtpm: Swtpm;
let gate: TpmGate;
beforeAll(async () => {
  swtpm = await Swtpm.start();
  gate = await TpmGate.before(swtpm);
  machine = Machine.empty();
  machine.env.SHERIN_TCTI = gate.tcti;
  await ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
  await ok('up', '--no-daemon');
});
afterAll(async () => {
  await ok('down');
  machine.end();
  gate.close();
  await swtpm.remove();
});

/** Runs sherinctl while this process passes on what goes to the TPM. */
async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await machine.begin(...args).outcome;
  if (code !== 0) throw new Error(`sherinctl ${args.join(' ')} ended with ${code}: ${err}${out}`);
  return out;
}

async function count(): Promise<bigint> {
  const { head } = await machine.call('status', {});
  return BigInt(head?.nv ?? -1);
}

function put(name: string): Promise<string> {
  const source = join(machine.home, name);
  writeFileSync(source, name);
  return ok('put', source, `files/${name}`);
}

it.each([
  ['before', 1],
  ['after', 0],
] as const)(
  'killed %s the increment, it increments %i times when it opens, and has lost nothing',
  async (where, owed) => {
    await put(`kept-${where}`);
    await machine.call('lock', {});
    await machine.call('unlock', { slot: 'tpm' });
    const signed = await count();
    const { pid } = (await machine.call('status', {})).fs;
    gate.passed(nvIncrement);
    const reached = gate.stopAt({ code: nvIncrement, where });
    const lost = put(`lost-${where}`).catch((error: unknown) => error);
    await reached;
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    gate.open();
    expect(await lost).toBeInstanceOf(Error);
    expect(gate.passed(nvIncrement)).toBe(1 - owed);

    await ok('up', '--no-daemon');
    await machine.call('unlock', { slot: 'tpm' });
    expect(await count()).toBe(signed + 1n);
    expect(gate.passed(nvIncrement)).toBe(owed);
    expect(await ok('metrics')).toContain(`\nsherin_rollback_counter ${signed + 1n}\n`);
    expect(await ok('status')).toContain(`TPM counter ${signed + 1n}`);
    expect(await readFile(join(machine.mount, 'files', `kept-${where}`), 'utf8')).toBe(`kept-${where}`);
    await ok('verify');
    await put(`lost-${where}`);
    await machine.call('lock', {});
    await machine.call('unlock', { slot: 'tpm' });
    expect(await count()).toBe(signed + 3n);
    expect(await readFile(join(machine.mount, 'files', `lost-${where}`), 'utf8')).toBe(`lost-${where}`);
  },
);
