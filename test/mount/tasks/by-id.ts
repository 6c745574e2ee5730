import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { bob, type SharedVault } from './shared-vault.js';

export function byIdTests(vault: SharedVault, { callerIdentity }: DriverLimits): void {
  describe('ids/', () => {
    it.runIf(callerIdentity)('closes an object for others together with its file', async () => {
      const [id] = (await vault.as(
        0,
        `put('files/closing', 'of one'); tell(id_of('files/closing'))`,
      )) as string[];
      const reader = vault.steps(
        bob,
        `
for _ in range(3): step([attempt(os.stat, 'ids/${id}'), attempt(read, 'ids/${id}')])`,
      );
      expect(await reader.next()).toEqual(['done', 'done']);
      chmodSync(vault.path('files/closing'), 0o600);
      expect(await reader.go()).toEqual(['ENOENT', 'ENOENT']);
      chmodSync(vault.path('files/closing'), 0o644);
      expect(await reader.go()).toEqual(['done', 'done']);
      reader.end();
    });
  });
}
