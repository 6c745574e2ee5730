/** A TPM that fails in the middle of a rekey, or behind it: the vault opens with the one master key or with the other, and all of it ends under the new one. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { CheckedVault, peer } from '../../fs/check/fsck.fixture.js';
import type { TpmSlot } from '../../fs/vault/header.js';
import { Secret } from '../../native/index.js';
import { Swtpm } from '../../native/tpm/swtpm.fixture.js';
import { commandCode, nvIncrement, TpmGate } from './tpm-gate.js';

/** Command code of TPM2_Create, which makes the sealed object of a slot. */
const create = 0x153;
const flushContext = 0x165;
const content = randomBytes(70_000);
let swtpm: Swtpm;
let gate: TpmGate;
let vault: CheckedVault;
let recovery: string;

beforeAll(async () => {
  swtpm = await Swtpm.start();
  gate = await TpmGate.before(swtpm);
  vault = await CheckedVault.create({ SHERIN_TCTI: gate.tcti });
  await vault.put('file', content);
  const key = Secret.random(32);
  const fd = openSync(join(vault.home, 'recovery'), 'wx', 0o600);
  Secret.writeRecoveryKey(key, fd);
  closeSync(fd);
  key.wipe();
  recovery = readFileSync(join(vault.home, 'recovery'), 'latin1').trim();
  await vault.service.keys.addRecovery(secret(), peer);
});
afterAll(async () => {
  await vault.remove();
  gate.close();
  await swtpm.remove();
});

const secret = () => Secret.take(Buffer.from(recovery));
const header = () => JSON.parse(readFileSync(join(vault.path, 'vault.json'), 'utf8'));
const epochs = () => new Set(vault.cubes().map((path) => readFileSync(path).readUInt16LE(14)));

/** Keeps the slot of the TPM and the newest recovery key. */
function rekey(): Promise<number> {
  const ids = vault.service.keys.list().slots.map(({ id }) => id);
  const [tpm = -1, kept = -1] = [ids[0], ids.at(-1)];
  const keep = new Map([
    [tpm, null],
    [kept, secret()],
  ]);
  return vault.service.keys.rekey({ keep, drop: new Set(ids.slice(1, -1)), force: false }, peer);
}

async function expectContent(): Promise<void> {
  const session = await vault.service.unlocked();
  const ino = session.tree.find([Buffer.from('file')])?.ino ?? null;
  const object = session.tree.object(session.tree.objectOfFile(ino ?? 0) ?? 0) ?? null;
  const file = await session.openContent({ ino, object }, peer);
  const bytes = Buffer.alloc(file.size);
  await file.read(0, bytes.length, bytes);
  file.close();
  expect(bytes.equals(content)).toBe(true);
}

async function reopen(): Promise<void> {
  await vault.service.lock(peer);
  await vault.service.unlock({ slot: 'tpm', pin: null }, peer);
  await expectContent();
}

/** Once the TPM works again. */
async function expectEnd(epoch: number): Promise<void> {
  const { reencryption } = vault.service;
  reencryption.start();
  await reencryption.settled();
  expect(reencryption.state).toBeNull();
  expect(header().epoch).toBe(epoch);
  expect(header().keys?.former ?? []).toEqual([]);
  expect(epochs()).toEqual(new Set([epoch]));
}

it('that can not retire a slot of the key before does not keep what is stored from the new one', async () => {
  const { reencryption } = vault.service;
  const { handle } = header().slots.find(({ type }: TpmSlot) => type === 'tpm2').slotCounter;
  // Handles of TPM2_NV_Increment: authHandle, nvIndex (TPM 2.0 Part 3, 31.8).
  const refused = gate.refuse(
    (command) => commandCode(command) === nvIncrement && command.readUInt32BE(14) === handle,
  );
  expect(await rekey()).toBe(1);
  await reencryption.settled();
  // By the rekey itself, and by the round behind it.
  expect(refused()).toBe(2);
  const waiting = expect.stringMatching(
    /^slots of an earlier master key can not be retired: the TPM refused TPM2_NV_Increment/,
  );
  expect(reencryption.state).toMatchObject({ epoch: 1, former: [0], waiting });
  expect(epochs()).toEqual(new Set([1]));
  expect(header()).toMatchObject({ epoch: 1, keys: { former: [{ epoch: 0, counters: [{ handle }] }] } });
  await reopen();
  await reencryption.settled();
  expect(reencryption.state).toMatchObject({ former: [0], waiting });
  gate.heal();
  await expectEnd(1);
  await reopen();
});

it('leaves the one key or the other at each of its commands, and says in the words of the table which', async () => {
  const commands: number[] = [];
  gate.refuse((command) => {
    commands.push(commandCode(command));
    return false;
  });
  let before = await rekey();
  await expectEnd(before);
  const rounds = commands.flatMap((code, at) =>
    [true, false].map((lasting) => ({ code, point: at + 1, lasting })),
  );
  const [sealing] = rounds.filter(({ code, lasting }) => lasting && code === create);
  if (sealing === undefined) throw new Error('nothing was sealed');
  // What could not be flushed fills the TPM by then, unless it is swept.
  const flushes = rounds.filter(({ code, lasting }) => !lasting && code === flushContext).slice(0, 4);
  for (const { point, lasting } of process.env.SHERIN_TESTS === 'all' ? rounds : [sealing, ...flushes]) {
    let count = 0;
    const refused = gate.refuse(() => {
      count += 1;
      return lasting ? count >= point : count === point;
    });
    const outcome = await rekey().catch((error: unknown) => error);
    await vault.service.reencryption.settled();
    const { epoch } = header();
    const at = `command ${point}, ${lasting ? 'and all behind it' : 'alone'}`;
    // With a connection that is there already it takes fewer commands.
    if (refused() === 0) expect(outcome, at).toBe(before + 1);
    if (outcome instanceof SherinError)
      expect(outcome.code, at).toMatch(epoch === before ? /^TPM_/ : /^KEY_REKEYED$/);
    else expect(outcome, at).toBe(epoch);
    expect(epoch - before, at).toBeLessThanOrEqual(1);
    // Also while the TPM fails.
    expect(epochs(), at).toEqual(new Set([epoch]));
    await expectContent();
    gate.heal();
    await reopen();
    await expectEnd(epoch);
    before = epoch;
  }
}, 3_600_000);
