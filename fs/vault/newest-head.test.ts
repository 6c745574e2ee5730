import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KnownVaults } from './known-vaults.js';
import type { LockedVault } from './locked-vault.js';
import { openLocked } from './open.js';
import { type VaultFixture, vaultFixture } from './vault.fixture.js';

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

async function reopen(): Promise<LockedVault> {
  const vault = await openLocked(fixture.path, fixture.places);
  open.push(vault);
  return vault;
}

describe('the newest head', () => {
  const head = (size: number, nv = 7n) => ({ size, root: Buffer.alloc(32, size), nv });
  const lineHead = async () => (await new KnownVaults(fixture.places.knownVaults).read())[0]?.head;

  test('is remembered, by a line for each count and by notes in between', async () => {
    const { vault } = await fixture.create();
    for (const size of [1, 2, 3]) await vault.pin(head(size));
    expect(await lineHead()).toEqual(head(1));
    await vault.close();
    const again = await reopen();
    expect(again.pinned).toEqual(head(3));
    await again.pin(head(4));
    expect(await lineHead()).toEqual(head(4));
    await again.pin(head(5));
    await again.pin(head(6, 8n));
    expect(await lineHead()).toEqual(head(6, 8n));
    await again.close();
    expect((await reopen()).pinned).toEqual(head(6, 8n));
  });

  test('is not noted on top of a line that another process may have written', async () => {
    const { vault, keyring } = await fixture.create();
    open.push(vault);
    await vault.pin(head(1));
    vault.unlockHanded(keyring);
    await vault.pin(head(2));
    expect(await lineHead()).toEqual(head(2));
  });
});
