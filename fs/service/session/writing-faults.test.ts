/** Cubes that fail verification, met and replaced by what programs write. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CubeId } from '../../../common/ids.js';
import { CheckedVault, peer } from '../../check/fsck.fixture.js';
import { cubePath } from '../../cube/store.js';
import { vertexBytes } from '../../manifest/index-node.js';
import type { Session } from './session.js';

const mib = 1024 * 1024;
const slots = 6;
const content = randomBytes(slots * mib);
let vault: CheckedVault;
let session: Session;
let ino: number;
let cubes: CubeId[];
beforeEach(async () => {
  vault = await CheckedVault.create();
  await vault.put('file', content);
  session = await vault.service.unlocked();
  ino = session.tree.find([Buffer.from('file')])?.ino ?? 0;
  // Held open: what is written becomes a version by request.
  session.changes.opened(ino);
  const found = [...session.catalog.entries()].map(([id, { uses }]) => ({ id, at: uses[0]?.offset ?? 0 }));
  cubes = found.sort((one, other) => one.at - other.at).map(({ id }) => id);
});
afterEach(() => vault.remove());

/** Changes a byte in the last vertex of a cube. */
function damage(id: CubeId): void {
  const path = join(vault.path, cubePath(id));
  const bytes = readFileSync(path);
  const at = bytes.length - vertexBytes / 2;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}

function write(offset: number, bytes: Buffer): Promise<void> {
  return session.changes.write(ino, offset, bytes.length, (from, length, target, at) => {
    bytes.copy(target, at, from, from + length);
  });
}

async function read(): Promise<Buffer> {
  const { tree } = session;
  const inode = tree.inode(ino);
  const file = await session.openFile(ino, tree.object(inode?.object ?? 0) ?? null, peer, tree);
  const bytes = Buffer.alloc(inode?.size ?? 0);
  await file.read(0, bytes.length, bytes);
  file.close();
  return bytes;
}

it('equal content heals a cube that is stored ahead of its version', async () => {
  const [, second] = cubes;
  if (second === undefined) throw new Error('no cube');
  damage(second);
  await expect(read()).rejects.toMatchObject({ code: 'CUBE_FAILED' });
  await session.changes.truncate(ino, 0);
  await write(0, content);
  // More than the journal takes: it is stored in cubes.
  await session.changes.sync(ino);
  expect(session.writing.dirtyBytes).toBe(0);
  expect(session.isQuarantined(second)).toBe(false);
  expect((await read()).equals(content)).toBe(true);
  await session.writing.durable(null);
  expect(session.manifest.tree.quarantined(second)).toBeUndefined();
  expect((await read()).equals(content)).toBe(true);
});

it('what one transaction has healed can be read, though the next one fails', async () => {
  const [first] = cubes;
  if (first === undefined) throw new Error('no cube');
  damage(first);
  await expect(read()).rejects.toMatchObject({ code: 'CUBE_FAILED' });
  await write(0, content.subarray(0, mib));
  session.writing.version(ino);
  await write(0, randomBytes(100));
  session.writing.version(ino);
  const { manifest } = session;
  const commit = manifest.commit.bind(manifest);
  let commits = 0;
  const value: typeof commit = (...made) => {
    if (++commits >= 2) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
    return commit(...made);
  };
  Object.defineProperty(manifest, 'commit', { value, configurable: true });
  await expect(session.writing.seal()).rejects.toMatchObject({ code: 'NO_SPACE' });
  Reflect.deleteProperty(manifest, 'commit');
  expect(manifest.tree.quarantined(first)).toBeUndefined();
  expect(session.isQuarantined(first)).toBe(false);
});

it('slots that are stored ahead and meet bad cubes do not wait for a seal that waits for them', async () => {
  for (const id of cubes) damage(id);
  // All but the last block of each slot: that has to be read.
  for (let slot = 0; slot < slots; slot++) await write(slot * mib, content.subarray(0, mib - 4096));
  let go: () => void = () => undefined;
  const gate = new Promise<void>((done) => {
    go = done;
  });
  const before = session.undisturbed(() => gate);
  const sealed = session.writing.durable(null);
  const synced = session.changes.sync(ino);
  while (cubes.filter((id) => session.isQuarantined(id)).length < 4) await setImmediate();
  go();
  await before;
  const [seal, sync] = await Promise.allSettled([sealed, synced]);
  expect([seal.status, sync.status]).toEqual(['fulfilled', 'fulfilled']);
});
