import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServedVault } from './service.fixture.js';

let vault: ServedVault;
beforeAll(async () => {
  vault = await ServedVault.start();
});
afterAll(() => vault.end());

test('whatever a program does is seen as a use of the vault, and nothing else is', async () => {
  const session = await vault.session();
  const changes = async (step: () => Promise<unknown>): Promise<boolean> => {
    const before = session.useMark;
    await step();
    return session.useMark !== before;
  };
  let ino = 0;
  expect(
    await changes(async () => {
      ino = await vault.make('a', 'content');
    }),
  ).toBe(true);
  expect(await changes(() => vault.chmod(ino, 0o600))).toBe(true);
  // What makes it durable is no use, however often it is done.
  await session.writing.seal();
  expect(await changes(() => session.writing.durable(null))).toBe(false);
  expect(await changes(() => vault.read(ino))).toBe(true);
  expect(await changes(() => vault.service.status())).toBe(false);
  expect(await changes(async () => session.records.tail(5))).toBe(false);
});
