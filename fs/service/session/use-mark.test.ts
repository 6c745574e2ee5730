import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServedVault } from '../service.fixture.js';

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
  const present = (await vault.session()).changes;
  present.opened(ino);
  const writes: [string, () => Promise<unknown>][] = [
    ['write', () => vault.write(ino, 0, 'c')],
    ['write once more', () => vault.write(ino, 0, 'c')],
    ['truncate', () => present.truncate(ino, 3)],
    ['grow', () => present.grow(ino, 9)],
    ['zero', () => present.zero(ino, 0, 2)],
    ['reference', () => present.reference({ ino, offset: 0 }, { ino, offset: 4 }, 2)],
  ];
  for (const [name, step] of writes) expect(await changes(step), name).toBe(true);
  const refused = () => {
    throw new Error('refused');
  };
  const denied = () => present.write(ino, 0, 1, refused).catch(() => undefined);
  expect(await changes(denied)).toBe(false);
  // As often as the kernel forgets what somebody has looked at.
  expect(await changes(async () => present.forget(ino + 1000))).toBe(false);
  present.closed(ino);
  // What makes it durable is no use, however often it is done.
  await session.writing.seal();
  expect(await changes(() => session.writing.durable(null))).toBe(false);
  expect(await changes(() => vault.read(ino))).toBe(true);
  expect(await changes(() => vault.service.status())).toBe(false);
  expect(await changes(async () => session.records.tail(5))).toBe(false);
});
