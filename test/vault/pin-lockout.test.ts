/** doctor on a vault with a PIN, whose TPM somebody else may use, too. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Swtpm } from '../../native/tpm/swtpm.fixture.js';
import { Machine } from './machine.js';

let machine: Machine;
let swtpm: Swtpm;
beforeAll(async () => {
  swtpm = await Swtpm.start();
  machine = Machine.empty();
  machine.env.SHERIN_TCTI = swtpm.tcti;
});
afterAll(async () => {
  machine.run('down');
  machine.end();
  await swtpm.remove();
});

/** Of doctor, about the PIN. */
function findings(): readonly string[] {
  const { out } = machine.run('doctor', '--json');
  const found: readonly { level: string; subject: string; text: string; fix?: string }[] =
    JSON.parse(out).findings;
  return found
    .filter(({ subject }) => subject === 'PIN')
    .map(({ level, text, fix }) => `${level}: ${text}; ${fix}`);
}

it('warns where the lockout of its TPM has no password, until it has one', async () => {
  writeFileSync(join(machine.home, 'pin'), 'a good PIN');
  machine.shell('$CTL init --yes --pin-fd 3 --recovery-out recovery 3<pin && $CTL up --no-daemon');
  expect(findings()).toEqual([
    "warn: the TPM's lockout has no password: whoever may use the TPM can have it forget wrong PINs, and guess on; tpm2_changeauth -c lockout file:FILE, with the password in FILE, and keep that with the recovery key",
  ]);
  machine.ok('down');
  const password = join(machine.home, 'password');
  writeFileSync(password, 'a password', { mode: 0o600 });
  execFileSync('tpm2_changeauth', ['-T', swtpm.tcti, '-c', 'lockout', `file:${password}`]);
  machine.ok('up', '--no-daemon');
  expect(findings()).toEqual([
    "ok: the TPM's lockout has a password: nobody else ends it before its time; undefined",
  ]);
  machine.ok('down');
  await swtpm.kill();
  machine.ok('up', '--no-daemon');
  expect(findings()).toEqual([expect.stringMatching(/^warn: the lockout of its TPM can not be asked for: /)]);
});

it('says nothing of it where no slot has a PIN', async () => {
  await swtpm.start();
  machine.shell('$CTL unlock --recovery-fd 3 3<recovery && $CTL key add tpm --no-pin && $CTL key remove 0');
  expect(machine.status().vault.slots.some(({ pin }) => pin)).toBe(false);
  expect(findings()).toEqual([]);
});
