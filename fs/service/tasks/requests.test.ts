import { afterAll, beforeAll, expect, it } from 'vitest';
import { directoryOf } from '../../manifest/tasks.js';
import { peer, ServedVault } from '../service.fixture.js';

let vault: ServedVault;
beforeAll(async () => {
  vault = await ServedVault.start();
});
afterAll(() => vault.end());

async function inbox(): Promise<string[]> {
  const { tree } = await vault.session();
  const directory = directoryOf(tree, { part: 'inbox', name: String(peer.uid) });
  return directory === undefined ? [] : Array.from(tree.list(directory), ({ name }) => name.toString());
}

const put = (text: string) => vault.service.tasks.requests.put(Buffer.from(text), peer);

it('a request that can not be stored leaves nothing in the inbox', async () => {
  const id = await put('the first one');
  const [kept] = await inbox();
  const { manifest } = await vault.session();
  // As on a disk that is full.
  const value = (): never => {
    throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
  };
  Object.defineProperty(manifest, 'commit', { value, configurable: true });
  await expect(put('the second one')).rejects.toMatchObject({ code: 'NO_SPACE' });
  Reflect.deleteProperty(manifest, 'commit');
  expect(await inbox()).toEqual([kept]);
  await vault.reopen();
  expect(await inbox()).toEqual([kept]);
  expect(await put('the first one')).toBe(id);
});
