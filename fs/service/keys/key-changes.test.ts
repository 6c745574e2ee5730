import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../../native/index.js';
import { type OwnVault, ownVault } from '../own-vault.fixture.js';
import { peer } from '../service.fixture.js';

let vault: OwnVault;
beforeAll(async () => {
  vault = await ownVault();
});
afterAll(async () => {
  await vault.service.stop(null);
  rmSync(vault.home, { recursive: true, force: true });
});

const stranger = { ...peer, uid: 65_534, gid: 65_534 };

test('key slots are changed by root and the owner only, and a refusal is recorded', async () => {
  const { keys } = vault.service;
  const session = await vault.service.unlocked();
  const words = () => Secret.take(Buffer.from('as many words as you like'));
  await expect(keys.addPassphrase(words(), stranger)).rejects.toMatchObject({ code: 'DENIED' });
  await expect(keys.remove(0, true, stranger)).rejects.toMatchObject({ code: 'DENIED' });
  expect(keys.list().slots.map(({ type }) => type)).toEqual(['tpm2', 'recovery']);
  const denials = (await session.records.tail(10)).filter(({ event }) => event === 'AUDIT_DENIED');
  expect(denials[0]).toMatchObject({ meta: { operation: 'key' }, actor: { uid: 65_534 } });
});

test('the head names the header after each change', async () => {
  const { keys } = vault.service;
  const { manifest } = await vault.service.unlocked();
  const before = manifest.head.headerGeneration;
  const { slot } = await keys.addTpm({ pin: null, pcrs: [7], bank: 'sha256' }, peer);
  expect(manifest.head.headerGeneration).toBe(before + 1);
  await keys.remove(slot, false, peer);
  expect(manifest.head.headerGeneration).toBe(before + 2);
});

test('a slot that can not be made changes nothing', async () => {
  const { keys } = vault.service;
  const { manifest, records } = await vault.service.unlocked();
  const { headerGeneration } = manifest.head;
  await expect(keys.addTpm({ pin: null, pcrs: [16], bank: 'sha256' }, peer)).rejects.toMatchObject({
    code: 'USAGE',
  });
  const mistyped = Secret.take(Buffer.from('a'.repeat(56)));
  await expect(keys.addRecovery(mistyped, peer)).rejects.toMatchObject({ code: 'RECOVERY_KEY_WRONG' });
  expect(manifest.head.headerGeneration).toBe(headerGeneration);
  const [last] = await records.tail(1);
  expect(last).toMatchObject({
    event: 'AUDIT_KEY_REFUSED',
    meta: { code: 'RECOVERY_KEY_WRONG', action: 'add' },
  });
});

test('the last TPM slot without a PIN stays while a namespace asks the TPM at each open, and the other way round', async () => {
  const { keys, namespaces } = vault.service;
  const perOpen = { SECRET: { opens: 'first', unseal: 'per-open' } } as const;
  await namespaces.set(perOpen, null, peer);
  const asked = { code: 'KEY_SLOT_ASKED', context: { namespaces: 'SECRET' } };
  const pinOf = () => Secret.take(Buffer.from('12345678'));
  const pinned = { pin: pinOf(), pcrs: [7], bank: 'sha256' } as const;
  const [first] = keys.list().slots.filter(({ tpm }) => tpm?.pin === false);
  const id = first?.id ?? -1;
  const before = keys.list();
  await expect(keys.remove(id, true, peer)).rejects.toMatchObject(asked);
  await expect(keys.move(pinned, peer)).rejects.toMatchObject(asked);
  const { slot: pin } = await keys.addTpm(pinned, peer);
  await expect(keys.remove(id, false, peer)).rejects.toMatchObject(asked);
  const others = new Set(keys.list().slots.flatMap((slot) => (slot.id === id ? [] : [slot.id])));
  const rekey = keys.rekey(
    { keep: new Map([...others].map((slot) => [slot, null])), drop: new Set([id]), force: true },
    peer,
  );
  await expect(rekey).rejects.toMatchObject(asked);
  await keys.remove(pin, false, peer);
  expect(keys.list()).toEqual(before);
  // With nobody who asks it may go, and then nobody may begin to ask: of both at once one is refused.
  await namespaces.set({}, null, peer);
  await keys.addTpm({ ...pinned, pin: pinOf() }, peer);
  const both = await Promise.allSettled([keys.remove(id, false, peer), namespaces.set(perOpen, null, peer)]);
  const refused = both.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
  expect(refused).toHaveLength(1);
  expect(['KEY_SLOT_ASKED', 'NAMESPACE_TPM']).toContain(refused[0]);
});

test('a change that is refused behind a rekey is told and recorded as refused, not as that rekey', async () => {
  const { keys } = vault.service;
  const { records } = await vault.service.unlocked();
  const ids = (bare: boolean) => {
    const slots = keys.list().slots.filter(({ tpm }) => (tpm?.pin === false) === bare);
    return slots.map(({ id }) => id);
  };
  const keep = new Map(ids(true).map((id) => [id, null]));
  const [done, refused] = await Promise.allSettled([
    keys.rekey({ keep, drop: new Set(ids(false)), force: true }, peer),
    keys.remove(99, false, peer),
  ]);
  expect(done.status).toBe('fulfilled');
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'KEY_SLOT_UNKNOWN' } });
  const outcomes = (await records.tail(20)).filter(({ meta }) => meta.action === 'remove').slice(0, 2);
  expect(outcomes.map(({ event }) => event)).toContain('AUDIT_KEY_REFUSED');
});
