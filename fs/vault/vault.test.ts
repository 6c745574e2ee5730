import { createHash, randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { jcs } from '../../common/jcs.js';
import { type Keyring, Secret } from '../../native/index.js';
import { RollbackCounter } from './counter.js';
import { enrollTpm } from './enroll.js';
import { type Header, signHeader, type TpmSlot } from './header.js';
import { writeHeader } from './header-file.js';
import type { LockedVault } from './locked-vault.js';
import { openLocked } from './open.js';
import { makeRecoverySlot } from './recovery-slot.js';
import { tpmSlotOf } from './tpm-slots.js';
import { OwnTpm } from './tpm-source.js';
import { pin, type VaultFixture, vaultFixture } from './vault.fixture.js';

let fixture: VaultFixture;
let open: LockedVault[];
beforeEach(async () => {
  fixture = await vaultFixture();
  open = [];
});
afterEach(async () => {
  for (const vault of open) await vault.close();
  await fixture.remove();
});

async function reopen(places = fixture.places, path = fixture.path): Promise<LockedVault> {
  const vault = await openLocked(path, places);
  open.push(vault);
  return vault;
}

function same(a: Keyring, b: Keyring): boolean {
  const data = randomBytes(32);
  return a.publicKey().equals(b.publicKey()) && a.hmac('audit', data).equals(b.hmac('audit', data));
}

function swtpmPid(vault: LockedVault): number {
  const { source } = vault.tpm.session();
  const pid = source instanceof OwnTpm ? source.pid : null;
  if (pid === null) throw new Error('no swtpm runs');
  return pid;
}

describe('a vault', () => {
  test('opens with its TPM and with its recovery key', async () => {
    const { vault, keyring, recovery } = await fixture.create();
    open.push(vault);
    expect(vault.header.generation).toBe(1);
    expect(tpmSlotOf(vault.header)).toMatchObject({
      kind: 'software',
      device: 'swtpm',
      pcrs: [7],
      pin: false,
    });
    await vault.close();
    const again = await reopen();
    expect(same(await again.unlockTpm(null), keyring)).toBe(true);
    expect(same(await again.unlockRecovery(recovery), keyring)).toBe(true);
    await expect(again.unlockRecovery(Secret.random(32))).rejects.toMatchObject({
      code: 'RECOVERY_KEY_WRONG',
    });
  });

  test('has private folders, and no more TPM process than needed', async () => {
    const { vault } = await fixture.create();
    const pid = swtpmPid(vault);
    expect((await readFile(`/proc/${pid}/comm`, 'utf8')).trim()).toBe('swtpm');
    const files = ['vault.json', 'vault.json.bak'];
    expect((await readdir(fixture.path)).sort()).toEqual(['audit', 'cubes', 'quarantine', ...files]);
    for (const name of ['', 'audit', 'cubes', 'cubes/tmp', 'quarantine'])
      expect((await stat(join(fixture.path, name))).mode & 0o777).toBe(0o700);
    for (const name of files) expect((await stat(join(fixture.path, name))).mode & 0o777).toBe(0o600);
    const state = join(fixture.places.tpmState, vault.header.uuid);
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    await vault.close();
    await expect(stat(`/proc/${pid}`)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(fixture.places.runtime)).toEqual([]);
  });

  test('wants its PIN, and the right one', async () => {
    const { vault, keyring } = await fixture.create({ pin: pin('4711') });
    await vault.close();
    const again = await reopen();
    expect(tpmSlotOf(again.header)).toMatchObject({ pin: true });
    await expect(again.unlockTpm(null)).rejects.toMatchObject({ code: 'PIN_NEEDED' });
    await expect(again.unlockTpm(pin('4712'))).rejects.toMatchObject({
      code: 'SLOT_REFUSED',
      message: /wrong PIN; \d+ more attempts are left before the TPM locks, and it forgets one each \d+ s/,
    });
    expect(same(await again.unlockTpm(pin('4711')), keyring)).toBe(true);
    // the TPM itself counts: after enough wrong ones it answers nobody
    const guess = async (): Promise<string> => {
      const error = await again.unlockTpm(pin('0000')).catch((reason: unknown) => reason);
      return (error as { code: string }).code;
    };
    let code = '';
    for (let n = 0; n < 40 && code !== 'TPM_LOCKOUT'; n++) code = await guess();
    expect(code).toBe('TPM_LOCKOUT');
    await expect(again.unlockTpm(pin('4711'))).rejects.toMatchObject({
      code: 'TPM_LOCKOUT',
      message: expect.stringMatching(/: a PIN is taken again within \d+ s$/),
    });
  });

  test('stays shut when a PCR changed, and says which', async () => {
    const { vault, recovery, keyring } = await fixture.create({ pcrs: [4, 7] });
    open.push(vault);
    const digest = createHash('sha256').update('another boot loader').digest();
    await vault.tpm.session().use((tpm) => tpm.pcrExtend(7, digest));
    const is = createHash('sha256').update(Buffer.alloc(32)).update(digest).digest('hex');
    await expect(vault.unlockTpm(null)).rejects.toMatchObject({
      code: 'TPM_POLICY',
      context: { part: `PCR 7 was ${'00'.repeat(32)}, is ${is}` },
    });
    expect(same(await vault.unlockRecovery(recovery), keyring)).toBe(true);
  });

  test('stays shut when its slot was removed: the slot counter moved on', async () => {
    const { vault } = await fixture.create();
    open.push(vault);
    const slot = tpmSlotOf(vault.header);
    const index = {
      handle: slot?.slotCounter.handle ?? 0,
      name: Buffer.from(slot?.slotCounter.name ?? '', 'hex'),
    };
    await vault.tpm.session().once((tpm) => tpm.counterIncrement(index, null));
    await expect(vault.unlockTpm(null)).rejects.toMatchObject({ code: 'TPM_POLICY', message: /removed/ });
    await vault.tpm.session().once((tpm) => tpm.counterUndefine(index));
    await expect(vault.unlockTpm(null)).rejects.toMatchObject({ code: 'TPM_POLICY', message: /gone/ });
  });

  test('opens again after its swtpm was killed', async () => {
    const { vault, keyring } = await fixture.create({ pin: pin('1') });
    open.push(vault);
    for (let round = 0; round < 3; round++) {
      const before = swtpmPid(vault);
      process.kill(before, 'SIGKILL');
      expect(same(await vault.unlockTpm(pin('1')), keyring)).toBe(true);
      expect(swtpmPid(vault)).not.toBe(before);
    }
  });

  test('can be sealed to other PCRs of another bank', async () => {
    const { vault, keyring } = await fixture.create({ bank: 'sha384', pcrs: [0, 2, 4, 7] });
    await vault.close();
    const again = await reopen();
    expect(Object.keys(tpmSlotOf(again.header)?.pcrValues ?? {})).toEqual(['0', '2', '4', '7']);
    expect(same(await again.unlockTpm(null), keyring)).toBe(true);
  });

  test('is served by one process at a time', async () => {
    const { vault } = await fixture.create();
    open.push(vault);
    await expect(reopen()).rejects.toMatchObject({ code: 'VAULT_BUSY' });
    await vault.close();
    await reopen();
  });

  test('opens nothing from a copy of its directory alone but with the recovery key', async () => {
    const { vault, keyring, recovery } = await fixture.create();
    await vault.close();
    const copy = join(fixture.base, 'copy');
    await cp(fixture.path, copy, { recursive: true });
    const elsewhere = {
      ...fixture.places,
      tpmState: join(fixture.base, 'other-tpm'),
      knownVaults: join(fixture.base, 'other-known'),
    };
    await mkdir(elsewhere.tpmState);
    const there = await reopen(elsewhere, copy);
    await expect(there.unlockTpm(null)).rejects.toMatchObject({ code: 'TPM_MISSING' });
    expect(await readdir(elsewhere.tpmState)).toEqual([]);
    expect(same(await there.unlockRecovery(recovery), keyring)).toBe(true);
  });

  test('gets a new TPM slot and counter where it was moved to', async () => {
    const { vault, keyring, recovery } = await fixture.create({ pin: pin('old') });
    await vault.close();
    await rm(fixture.places.tpmState, { recursive: true });
    const there = await reopen();
    const opened = await there.unlockRecovery(recovery);
    const value = await enrollTpm(there, opened, { pin: pin('new'), pcrs: [0, 7], bank: 'sha256' });
    expect(there.header).toMatchObject({
      generation: 2,
      slots: [{ type: 'tpm2' }, { type: 'recovery', id: 1 }],
    });
    expect(await there.counter(opened)?.admit(value)).toBe(value);
    // the TPM is another than the one that known_vaults would name: the pin follows
    await there.pin({ size: 0, root: randomBytes(32), nv: value });
    await there.close();
    const again = await reopen();
    expect(same(await again.unlockTpm(pin('new')), keyring)).toBe(true);
    expect(same(await again.unlockRecovery(recovery), keyring)).toBe(true);
    // and once more in the same TPM, after a planned change of PCRs
    await enrollTpm(again, keyring, { pin: null, pcrs: [7], bank: 'sha256' });
    expect(same(await again.unlockTpm(null), keyring)).toBe(true);
  });

  test('does not take another TPM for its own', async () => {
    const { vault } = await fixture.create();
    await vault.close();
    const other = await vaultFixture();
    const second = await other.create();
    await second.vault.close();
    const state = join(fixture.places.tpmState, vault.header.uuid);
    await rm(state, { recursive: true });
    await rename(join(other.places.tpmState, second.vault.header.uuid), state);
    await other.remove();
    const again = await reopen();
    await expect(again.unlockTpm(null)).rejects.toMatchObject({ code: 'TPM_PRIMARY_CHANGED' });
  });

  test('never takes a software TPM for a device', async () => {
    const { vault, keyring } = await fixture.create();
    await vault.close();
    const { signature: _, ...unsigned } = vault.header;
    const slots = unsigned.slots.map((slot) =>
      slot.type === 'tpm2' ? ({ ...slot, kind: 'device', device: 'device:/dev/tpm99' } as const) : slot,
    );
    await writeHeader(
      fixture.path,
      signHeader({ ...unsigned, slots }, (message) => keyring.sign(message)),
    );
    const plain = await reopen();
    await expect(plain.unlockTpm(null)).rejects.toMatchObject({ code: 'TPM_MISSING' });
    await plain.close();
    const forced = await reopen({ ...fixture.places, tcti: 'swtpm:path=/nowhere' });
    await expect(forced.unlockTpm(null)).rejects.toMatchObject({ code: 'TPM_MISSING' });
  });
});

describe('a header that was tampered with', () => {
  async function tampered(change: (header: Header) => Record<string, unknown>): Promise<LockedVault> {
    const path = join(fixture.path, 'vault.json');
    const header = JSON.parse(await readFile(path, 'utf8')) as Header;
    await writeFile(path, jcs({ ...header, ...change(header) }));
    return await reopen();
  }

  test('is refused though a slot opens', async () => {
    const { vault, recovery } = await fixture.create();
    await vault.close();
    const again = await tampered(() => ({ counter: null }));
    await expect(again.unlockTpm(null)).rejects.toMatchObject({ code: 'HEADER_FORGED' });
    await expect(again.unlockRecovery(recovery)).rejects.toMatchObject({ code: 'HEADER_FORGED' });
    await again.close();
  });

  test('does not open with a slot of another key', async () => {
    const { vault } = await fixture.create();
    await vault.close();
    const other = await vaultFixture();
    const second = await other.create();
    await second.vault.close();
    await other.remove();
    // a recovery slot that the attacker knows, over another master key
    const slot = makeRecoverySlot(vault.uuid, 9, second.keyring, second.recovery);
    const again = await tampered((header) => ({ slots: [...header.slots, slot] }));
    await expect(again.unlockRecovery(second.recovery)).rejects.toMatchObject({ code: 'HEADER_FORGED' });
  });

  test('binds every parameter of a slot', async () => {
    const { vault } = await fixture.create();
    await vault.close();
    const changes: Partial<TpmSlot>[] = [
      { slotGeneration: 77 },
      { pcrDigest: '11'.repeat(32) },
      { pcrValues: { 7: '22'.repeat(32) } },
      { salt: randomBytes(32).toString('base64') },
      { public: randomBytes(90).toString('base64') },
      { kdf: { n: 32, r: 1, p: 1 } },
      { pin: true },
    ];
    for (const change of changes) {
      const again = await tampered((header) => ({
        slots: header.slots.map((slot) =>
          slot.type === 'tpm2' ? { ...tpmSlotOf(vault.header), ...change } : slot,
        ),
      }));
      const error = await again.unlockTpm(pin('x')).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error, JSON.stringify(change)).toMatchObject({
        code: expect.stringMatching(/^(SLOT_REFUSED|TPM_POLICY|TPM_FAILED)$/),
      });
      await again.close();
    }
  });
});

describe('the rollback counter', () => {
  test('follows each head, and tells an old state from a new one', async () => {
    const { vault, keyring, counter } = await fixture.create();
    open.push(vault);
    const rollback = vault.counter(keyring);
    if (rollback === null) throw new Error('no counter');
    expect(await rollback.read()).toBe(counter);
    expect(await rollback.increment(counter)).toBe(counter + 1n);
    expect(await rollback.admit(counter + 1n)).toBe(counter + 1n);
    // a head was signed, then the machine stopped
    expect(await rollback.admit(counter + 2n)).toBe(counter + 2n);
    expect(await rollback.read()).toBe(counter + 2n);
    await expect(rollback.admit(counter + 1n)).rejects.toMatchObject({ code: 'ROLLBACK' });
    await expect(rollback.admit(counter + 4n)).rejects.toMatchObject({ code: 'COUNTER_LOST' });
    // asked again for a step that has happened
    expect(await rollback.increment(counter + 1n)).toBe(counter + 2n);
    expect(await rollback.read()).toBe(counter + 2n);
    const stranger = new RollbackCounter(
      () => vault.tpm.session(),
      { handle: 0x01bf_0001, name: `000b${'00'.repeat(32)}` },
      keyring,
    );
    await expect(stranger.admit(1n)).rejects.toMatchObject({ code: 'COUNTER_LOST' });
  });

  test('survives a killed TPM, and a new one replaces a lost one', async () => {
    const { vault, keyring, counter } = await fixture.create();
    open.push(vault);
    process.kill(swtpmPid(vault), 'SIGKILL');
    expect(await vault.counter(keyring)?.increment(counter)).toBe(counter + 1n);
    const before = vault.header.counter;
    const value = await vault.replaceCounter(keyring);
    expect(vault.header.generation).toBe(2);
    expect(vault.header.counter?.handle).not.toBe(before?.handle);
    expect(await vault.counter(keyring)?.read()).toBe(value);
    await vault.close();
    const again = await reopen();
    expect(same(await again.unlockTpm(null), keyring)).toBe(true);
  });
});

describe('openLocked', () => {
  test('wants a directory that only its owner can change', async () => {
    await expect(reopen()).rejects.toMatchObject({ code: 'VAULT_MISSING' });
    await mkdir(fixture.path, { mode: 0o700 });
    await expect(reopen()).rejects.toMatchObject({ code: 'VAULT_MISSING' });
    await rm(fixture.path, { recursive: true });
    const { vault } = await fixture.create();
    await vault.close();
    await chmod(fixture.path, 0o770);
    await expect(reopen()).rejects.toMatchObject({ code: 'VAULT_UNSAFE' });
    await chmod(fixture.path, 0o700);
    const link = join(fixture.base, 'link');
    await symlink(fixture.path, link);
    await expect(reopen(fixture.places, link)).rejects.toMatchObject({ code: 'VAULT_UNSAFE' });
    await writeFile(join(fixture.path, 'vault.json'), '{}');
    await expect(reopen()).rejects.toMatchObject({ code: 'HEADER_MALFORMED' });
  });

  test('remembers the vault and its newest head', async () => {
    const { vault } = await fixture.create();
    const head = { size: 3, root: randomBytes(32), nv: 12n };
    await vault.pin(head);
    await vault.close();
    const again = await reopen();
    expect(again.pinned).toEqual(head);
    await again.close();
    const moved = `${fixture.path}-moved`;
    await rename(fixture.path, moved);
    await expect(reopen(fixture.places, moved)).rejects.toMatchObject({ code: 'VAULT_UNKNOWN' });
  });
});

describe('createVault', () => {
  test('takes an empty directory only', async () => {
    await mkdir(fixture.path);
    await writeFile(join(fixture.path, 'note'), '');
    await expect(fixture.create()).rejects.toMatchObject({ code: 'VAULT_EXISTS' });
    expect(await readdir(fixture.path)).toEqual(['note']);
    await rm(join(fixture.path, 'note'));
    open.push((await fixture.create()).vault);
  });

  test('takes everything back when a step fails', async () => {
    const failure = new Error('no room for a manifest');
    let uuid = '';
    const failing = fixture.create({
      populate: async ({ header, directory, keyring }) => {
        uuid = header.uuid;
        expect(keyring.wiped).toBe(false);
        await writeFile(directory.inside('manifest.db'), 'half');
        throw failure;
      },
    });
    await expect(failing).rejects.toBe(failure);
    expect(uuid).not.toBe('');
    expect((await readdir(fixture.base)).sort()).toEqual(['run', 'tpm']);
    expect(await readdir(fixture.places.tpmState)).toEqual([]);
    expect(await readdir(fixture.places.runtime)).toEqual([]);
    const programs = { ...fixture.places, tcti: 'cmd:touch /tmp/owned' };
    await expect(fixture.create({ places: programs })).rejects.toMatchObject({ code: 'USAGE' });
    for (const pcrs of [[], [16], [7, 7], [9, 7]])
      await expect(fixture.create({ pcrs })).rejects.toMatchObject({ code: 'USAGE' });
    expect(await readdir(fixture.places.tpmState)).toEqual([]);
  });
});
