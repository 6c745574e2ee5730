/** A record may rely on a cube only once the name of its file is durable, whoever gave it. */
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import type { CubeId } from '../../common/ids.js';
import { system } from '../../native/index.js';
import { CubeStore } from './store.js';

const home = mkdtempSync(join(tmpdir(), 'sherin-names-'));
mkdirSync(join(home, 'cubes/tmp'), { recursive: true });
mkdirSync(join(home, 'cubes/aa'));
const fd = openSync(home, 'r');

afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => {
  closeSync(fd);
  rmSync(home, { recursive: true });
});

function staged(name: string): { readonly id: CubeId; readonly temporary: string } {
  writeFileSync(join(home, 'cubes/tmp', name), name);
  return { id: `aa${name}` as CubeId, temporary: name };
}

it('syncs names that a failed batch has given before anything relies on them', async () => {
  const store = new CubeStore(fd);
  const synced = vi.spyOn(system, 'syncfs');
  await store.commit([staged('one')]);
  await store.commit([]);
  expect(synced).toHaveBeenCalledTimes(2);
  synced.mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('EIO'));
  await expect(store.commit([staged('two')])).rejects.toThrow('EIO');
  await store.commit([]);
  expect(synced).toHaveBeenCalledTimes(5);
  await store.commit([]);
  expect(synced).toHaveBeenCalledTimes(5);
});

it('cubes that are only placed have one sync each time, and their names are synced before anything relies on them', async () => {
  const store = new CubeStore(fd);
  await store.commit([]);
  const synced = vi.spyOn(system, 'syncfs');
  await store.place([staged('three')]);
  expect(existsSync(join(home, 'cubes/aa/aathree.cube'))).toBe(true);
  expect(synced).toHaveBeenCalledTimes(1);
  // The sync of its content makes names durable that were given before.
  await store.place([staged('four')]);
  expect(synced).toHaveBeenCalledTimes(2);
  await store.commit([]);
  expect(synced).toHaveBeenCalledTimes(3);
  await store.commit([]);
  expect(synced).toHaveBeenCalledTimes(3);
});

it('a sync before the last name of a batch under way makes that one durable for nobody who meets it', async () => {
  const store = new CubeStore(fd);
  const [begun, mayName, named, mayEnd] = [step(), step(), step(), step()];
  const whole = system.renameAll.bind(system);
  vi.spyOn(system, 'renameAll').mockImplementationOnce(async (...args) => {
    begun.reach();
    await mayName.reached;
    await whole(...args);
    named.reach();
    await mayEnd.reached;
  });
  const slow = store.place([staged('five')]);
  await begun.reached;
  await store.commit([staged('six')]);
  mayName.reach();
  await named.reached;
  const synced = vi.spyOn(system, 'syncfs');
  await store.commit([]);
  expect(synced).toHaveBeenCalledTimes(1);
  mayEnd.reach();
  await slow;
  await store.commit([]);
  expect(synced).toHaveBeenCalledTimes(2);
  await store.commit([]);
  expect(synced).toHaveBeenCalledTimes(2);
});

function step(): { readonly reached: Promise<void>; readonly reach: () => void } {
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}
