/** Key slots through sherinctl: what each opens, what is refused, and what a removed one opens no more. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KeySlot } from '../../daemon/protocol/keys.js';
import { Machine } from './machine.js';

let machine: Machine;

async function slots(of = machine): Promise<readonly KeySlot[]> {
  return (await of.call('key.list', {})).slots;
}

async function types(of = machine): Promise<string> {
  return (await slots(of)).map(({ id, type }) => `${id} ${type}`).join(', ');
}

/** A file for a descriptor. */
function secret(name: string, text: string, of = machine): string {
  writeFileSync(join(of.home, name), `${text}\n`, { mode: 0o600 });
  return name;
}

function ctl(line: string, of = machine) {
  return of.shell(`$CTL ${line}`);
}

beforeAll(() => {
  machine = Machine.start();
  writeFileSync(join(machine.home, 'data'), 'content');
  machine.ok('put', join(machine.home, 'data'), 'files/data');
});
afterAll(() => machine.end());

describe('key slots', () => {
  it('are listed with what they are', async () => {
    const [tpm, recovery] = await slots();
    expect(tpm).toMatchObject({
      id: 0,
      type: 'tpm2',
      tpm: { kind: 'software', device: 'swtpm', bank: 'sha256', pcrs: [7], pin: false },
    });
    expect(recovery).toMatchObject({ id: 1, type: 'recovery', tpm: null });
    expect(recovery?.created).toMatch(/^\d{4}-/);
    expect(machine.ok('key', 'list')).toMatch(
      /^0 {2}tpm2 .*software TPM, PCR 7 \(sha256\), no PIN, generation \d+$/m,
    );
  });

  it('a passphrase is added, opens the vault, and a wrong one does not', async () => {
    secret('words', 'correct horse battery');
    secret('wrong', 'incorrect horse');
    secret('short', 'horse');
    expect(ctl('key add passphrase --passphrase-fd 3 3<short')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a passphrase has at least 8 characters'),
    });
    expect(ctl('key add passphrase --passphrase-fd 3 3<words')).toMatchObject({
      code: 0,
      out: 'slot 2 is added\n',
    });
    await machine.call('lock', {});
    expect(ctl('unlock --passphrase-fd 3 3<wrong')).toMatchObject({
      code: 4,
      err: expect.stringContaining('the passphrase slot does not open the vault: wrong passphrase'),
    });
    expect(ctl('unlock --passphrase-fd 3 3<words').code).toBe(0);
    expect(readFileSync(join(machine.mount, 'files/data'), 'utf8')).toBe('content');
  });

  it('a second recovery key is shown once, and both open', async () => {
    const second = join(machine.home, 'second');
    machine.ok('key', 'add', 'recovery', '--recovery-out', second);
    expect(readFileSync(second, 'utf8')).toMatch(/^([a-z2-7]{8}-){6}[a-z2-7]{8}\n$/);
    for (const file of ['second', 'recovery']) {
      await machine.call('lock', {});
      expect(ctl(`unlock --recovery-fd 3 3<${file}`).code).toBe(0);
    }
    expect(ctl('key add recovery').err).toContain('add --recovery-out FILE');
    expect(await types()).toBe('0 tpm2, 1 recovery, 2 passphrase, 3 recovery');
  });

  it('a TPM slot with a PIN is added, and opens', async () => {
    secret('pin', '4711');
    expect(ctl('key add tpm --pcrs 4,7 --pin-fd 3 3<pin')).toMatchObject({
      code: 0,
      out: 'slot 4 is added\n',
    });
    expect((await slots())[4]?.tpm).toMatchObject({ pcrs: [4, 7], pin: true });
    secret('bad', '1174');
    // A slot that wants none opens without a question, and never in the place of the one that a PIN is given for.
    expect(ctl('unlock --pin-fd 3 3<bad')).toMatchObject({
      code: 4,
      err: expect.stringContaining('wrong PIN'),
    });
    await machine.call('lock', {});
    expect(ctl('unlock --pin-fd 3 3<bad').code).toBe(4);
    expect(ctl('unlock --pin-fd 3 3<pin').code).toBe(0);
    await machine.call('lock', {});
    expect(ctl('unlock')).toMatchObject({ code: 0, out: 'unlocked\n' });
    expect(ctl('key reseal 0 --pin-fd 3 3<pin')).toMatchObject({
      code: 2,
      err: expect.stringContaining('slot 0 has no PIN'),
    });
    expect(ctl('key add tpm --no-pin --pcrs 16')).toMatchObject({
      code: 2,
      err: expect.stringContaining('PCR 16 can be reset by anyone'),
    });
  });

  it('rotate renews what it can, and says what the others need', async () => {
    const before = await slots();
    const half = ctl('key rotate --recovery-fd 4 4<wrong');
    expect(half).toMatchObject({
      code: 4,
      err: expect.stringContaining('not the recovery key of this vault'),
    });
    expect(half.out).toBe('slot 5 took the place of slot 0\n');
    expect(ctl('key rotate 5 1 2 4 --recovery-fd 3 --pin-fd 4 3<recovery 4<pin')).toMatchObject({
      code: 0,
      out: [
        'slot 0 took the place of slot 5',
        'slot 1 is renewed',
        'slot 5 took the place of slot 4',
        'slot 2 is as it was: it needs its passphrase (--passphrase-fd N)\n',
      ].join('\n'),
    });
    expect(await slots()).toHaveLength(before.length);
    expect(ctl('unlock --recovery-fd 3 3<recovery').code).toBe(0);
    expect(ctl('unlock --passphrase-fd 3 3<words').code).toBe(0);
  });

  it('a removed TPM slot stays removed, with an old copy of the header too', async () => {
    for (const { id, tpm } of await slots()) if (tpm?.pin) machine.ok('key', 'remove', String(id));
    const [first] = await slots();
    expect(first).toMatchObject({ type: 'tpm2' });
    const old = join(machine.home, 'old.json');
    copyFileSync(join(machine.vault, 'vault.json'), old);
    expect(ctl('key add tpm --no-pin').code).toBe(0);
    machine.ok('key', 'remove', String(first?.id));
    machine.ok('down');
    const present = join(machine.home, 'present.json');
    copyFileSync(join(machine.vault, 'vault.json'), present);
    copyFileSync(old, join(machine.vault, 'vault.json'));
    machine.ok('up', '--no-mount');
    expect(machine.run('unlock')).toMatchObject({
      code: 4,
      err: expect.stringContaining('does not release the key'),
    });
    machine.ok('down');
    copyFileSync(present, join(machine.vault, 'vault.json'));
    machine.ok('up');
    machine.ok('unlock');
  });

  it('the last slot is never removed, the last without TPM only with --force', async () => {
    machine.ok('key', 'remove', '2');
    machine.ok('key', 'remove', '3');
    const refused = machine.run('key', 'remove', '1');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('repeat it with --force') });
    expect(machine.run('key', 'remove', '9').err).toContain('the vault has no key slot 9');
    const tpm = String((await slots()).find(({ type }) => type === 'tpm2')?.id);
    machine.ok('key', 'remove', tpm);
    expect(machine.ok('key', 'list')).toContain('no rollback counter');
    expect(machine.run('key', 'remove', '1', '--force')).toMatchObject({
      code: 1,
      err: expect.stringContaining('slot 1 is the only key slot'),
    });
    machine.ok('down');
    machine.ok('up', '--no-mount');
    expect(machine.run('unlock').code).toBe(4);
    expect(ctl('unlock --recovery-fd 3 3<recovery').code).toBe(0);
    machine.ok('key', 'add', 'tpm', '--no-pin');
    expect(machine.ok('key', 'list')).not.toContain('no rollback counter');
    machine.ok('down');
    machine.ok('up');
    machine.ok('unlock');
    const events = machine.ok('audit', 'tail', '--count', '60');
    expect(events).toMatch(/AUDIT_KEY_REFUSED.*KEY_SLOT_NEEDED/);
    expect(events).toMatch(/AUDIT_KEY_DONE.*"action":"remove"/);
    machine.ok('audit', 'verify');
  });
});

describe('a changed PCR', () => {
  it('keeps the vault shut until it is opened with the recovery key and resealed', async () => {
    const run = join(machine.home, 'run');
    const socket = readdirSync(run).find((name) => name.startsWith('tpm-')) ?? '';
    execFileSync('tpm2_pcrextend', [
      '-T',
      `swtpm:path=${join(run, socket, 's')}`,
      `7:sha256=${'ab'.repeat(32)}`,
    ]);
    await machine.call('lock', {});
    expect(machine.run('unlock').code).toBe(4);
    expect(ctl('unlock --recovery-fd 3 3<recovery').code).toBe(0);
    expect(machine.ok('key', 'reseal')).toMatch(/^slot \d took the place of slot \d\n$/);
    await machine.call('lock', {});
    machine.ok('unlock');
    expect(readFileSync(join(machine.mount, 'files/data'), 'utf8')).toBe('content');
  });
});

/** A new master key while a file is open: the recovery key of before opens nothing then. */
async function rekeyed(of: Machine): Promise<void> {
  of.ok('key', 'add', 'recovery', '--recovery-out', join(of.home, 'fresh'));
  const file = openSync(join(of.mount, 'files/data'), 'r');
  expect(ctl('key rekey --drop 9 --recovery-fd 3 3<fresh', of)).toMatchObject({
    code: 1,
    err: expect.stringContaining('the vault has no key slot 9'),
  });
  expect(ctl('key rekey --drop 1 --pin-fd 4 --recovery-fd 3 3<fresh 4<pin', of)).toMatchObject({
    code: 0,
    out: expect.stringContaining('the vault has a new master key, of epoch 1\n'),
  });
  const bytes = Buffer.alloc(7);
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  expect(bytes.toString()).toBe('content');
  await vi.waitUntil(async () => (await of.call('key.list', {})).rekey === null, { timeout: 60_000 });
  expect(readFileSync(await of.cubeOf('files/data')).readUInt16LE(14)).toBe(1);
  await of.call('lock', {});
  expect(ctl('unlock --recovery-fd 3 3<recovery', of)).toMatchObject({
    code: 4,
    err: expect.stringContaining('does not open the recovery slot'),
  });
  expect(ctl('unlock --recovery-fd 3 3<fresh', of).code).toBe(0);
  expect(readFileSync(join(of.mount, 'files/data'), 'utf8')).toBe('content');
  expect(of.ok('audit', 'tail')).toMatch(/AUDIT_KEY_EPOCH_ENDED.*"epoch":1/);
}

describe('another machine', () => {
  it('gets the vault with one command and the recovery key, and a TPM slot with a counter of its own', async () => {
    const other = Machine.empty();
    try {
      machine.ok('down');
      cpSync(machine.vault, other.vault, { recursive: true, preserveTimestamps: true });
      copyFileSync(machine.recoveryFile, other.recoveryFile);
      secret('pin', '2357', other);
      const moved = ctl('key move --pin-fd 4 --recovery-fd 3 3<recovery 4<pin', other);
      expect(moved).toMatchObject({ code: 0, out: expect.stringContaining("sealed to this machine's TPM") });
      expect(await types(other)).toMatch(/^\d tpm2, 1 recovery$/);
      expect((await slots(other))[0]?.tpm).toMatchObject({ pin: true });
      expect(other.ok('key', 'list')).not.toContain('no rollback counter');
      other.ok('down');
      other.ok('up');
      expect(ctl('unlock --pin-fd 3 3<pin', other).code).toBe(0);
      expect(readFileSync(join(other.mount, 'files/data'), 'utf8')).toBe('content');
      expect(other.ok('audit', 'tail')).toMatch(/AUDIT_KEY_DONE.*"action":"move"/);
      await rekeyed(other);
    } finally {
      other.end();
    }
  });
});
