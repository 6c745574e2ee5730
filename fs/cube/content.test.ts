import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { SampleVault } from '../../native/codec/vault.fixture.js';
import { type CubeReader, Threads } from '../../native/index.js';
import { encodeSlots } from '../manifest/index-node.js';
import { ObjectContent } from './content.js';
import { FaultHandler } from './faults.js';
import { CubeStore } from './store.js';

const mib = 1024 * 1024;
const vault = new SampleVault();
mkdirSync(join(vault.path, 'quarantine'));
const data = randomBytes(200_000);
const cube = await vault.store(data);
const good = vault.read(cube.id);
const reader = vault.reader();
const threads = new Threads(1);
afterAll(async () => {
  threads.close();
  await reader.stop();
  vault.destroy();
});

/** What was said of the vault's cubes. */
let blamed: string[] = [];
const faults = new FaultHandler(reader, new CubeStore(vault.fd), {
  quarantined: async (_, id) => void blamed.push(`quarantined ${id}`),
  unreadable: async (id, fault) => void blamed.push(`${fault} ${id}`),
});
beforeEach(() => {
  blamed = [];
  reader.resume(vault.keyring);
});

/** A hole of 1 MiB, then the cube. */
function content(through: CubeReader = reader): ObjectContent {
  const source = {
    reader: through,
    faults,
    node: () => Buffer.alloc(0),
    refused: { some: false, has: () => false },
  };
  const node = encodeSlots([{ kind: 'hole' }, { kind: 'cube', cube }]);
  return new ObjectContent(source, { length: mib + data.length, node });
}

function damage(): void {
  const bad = Buffer.from(good);
  bad.writeUInt8(bad.readUInt8(5000) ^ 1, 5000);
  vault.write(cube.id, bad);
}

/** A disk that gives a damaged cube to every export, and a good one to whoever looks again. */
function flickering(): CubeReader {
  const exportTo: CubeReader['exportTo'] = async (ref, offset, length, fd, at, own) => {
    damage();
    try {
      return await reader.exportTo(ref, offset, length, fd, at, own);
    } finally {
      vault.write(cube.id, good);
    }
  };
  return { exportTo } as unknown as CubeReader;
}

async function exported(path: string, from: ObjectContent): Promise<void> {
  const fd = openSync(path, 'w');
  try {
    await from.exportTo(0, from.size, { fd, threads }, 0);
  } finally {
    closeSync(fd);
  }
}

describe('an export', () => {
  const target = join(vault.path, 'target');

  it('writes holes and cubes', async () => {
    await exported(target, content());
    expect(readFileSync(target).equals(Buffer.concat([Buffer.alloc(mib), data]))).toBe(true);
  });

  it('fails where a cube keeps changing: no zeros in the place of content', async () => {
    await expect(exported(target, content(flickering()))).rejects.toMatchObject({
      code: 'IO',
      message: /keeps changing/,
    });
    expect(blamed).toEqual([]);
  });

  it.each([
    ['of a hole', 0, mib],
    ['of a cube', mib, data.length],
  ])('%s to a full target blames the target, not the vault', async (_, offset, length) => {
    const full = openSync('/dev/full', 'w');
    try {
      await expect(content().exportTo(offset, length, { fd: full, threads }, 0)).rejects.toMatchObject({
        code: 'TARGET_FULL',
      });
    } finally {
      closeSync(full);
    }
    expect(blamed).toEqual([]);
  });

  it.each([
    ['of a hole', 0, mib],
    ['of a cube', mib, data.length],
  ])('%s to a target that takes no bytes says why', async (_, offset, length) => {
    await exported(target, content());
    const closed = openSync(target, 'r');
    try {
      await expect(content().exportTo(offset, length, { fd: closed, threads }, mib)).rejects.toMatchObject({
        code: 'IO',
        context: { what: 'writing the copy', part: 'EBADF' },
      });
    } finally {
      closeSync(closed);
    }
    expect(blamed).toEqual([]);
  });
});

describe('a locked vault', () => {
  it('is no fault of the disk, whoever asks', async () => {
    await reader.stop();
    const locked = { code: 'LOCKED' };
    await expect(content().read(mib, 10, Buffer.alloc(10))).rejects.toMatchObject(locked);
    await expect(exported(join(vault.path, 'none'), content())).rejects.toMatchObject(locked);
    const checked = await reader.verify(cube, null);
    if (checked.ok) throw new Error('the reader is stopped');
    await expect(faults.handle(cube, checked)).rejects.toMatchObject(locked);
    // locked between the failure and the second look
    await expect(faults.handle(cube, { ok: false, fault: 'tag', vertex: 0 })).rejects.toMatchObject(locked);
    expect(blamed).toEqual([]);
  });
});
