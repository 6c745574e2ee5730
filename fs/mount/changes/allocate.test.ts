import { afterEach, beforeEach, expect, it } from 'vitest';
import { CheckedVault } from '../../check/fsck.fixture.js';
import { allocate } from './allocate.js';

let vault: CheckedVault;
beforeEach(async () => {
  vault = await CheckedVault.create();
  await vault.put('file', Buffer.alloc(10, 1));
});
afterEach(() => vault.remove());

it('does not cut off what is written while it waits for its turn', async () => {
  const { changes, tree } = await vault.service.unlocked();
  const ino = tree.find([Buffer.from('file')])?.ino ?? 0;
  const written = changes.write(ino, 0, 3000, (_from, length, target, at) => target.fill(2, at, at + length));
  await allocate(changes, ino, { mode: 0, offset: 0, length: 100 }, async () => undefined);
  await written;
  expect(tree.inode(ino)?.size).toBe(3000);
  await allocate(changes, ino, { mode: 0, offset: 0, length: 5000 }, async () => undefined);
  expect(tree.inode(ino)?.size).toBe(5000);
});
