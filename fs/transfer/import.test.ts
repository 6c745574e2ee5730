import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import type { PutEntry } from '../../daemon/protocol/control.js';
import { SampleVault } from '../../native/codec/vault.fixture.js';
import {
  type Begun,
  type Encoded,
  type EncodeOptions,
  Encoder,
  type NativeError,
} from '../../native/index.js';
import { CubeLock } from '../cube/cube-lock.js';
import { CubeStore } from '../cube/store.js';
import type { Manifest } from '../manifest/manifest.js';
import { Fixture } from '../manifest/testing/fixture.js';
import { encodeFile } from './encode-file.js';
import { Import, type ImportContext, messagesAhead } from './import.js';
import type { Staging } from './staging.js';

const mib = 1024 * 1024;
let vault: SampleVault;
let fixture: Fixture;
let manifest: Manifest;
let lock: CubeLock;
beforeEach(() => {
  vault = new SampleVault();
  fixture = new Fixture();
  manifest = fixture.create();
  lock = new CubeLock();
});
afterEach(() => {
  manifest.close();
  fixture.remove();
  vault.destroy();
});

type Encode = (fd: number, offset: number, length: number, options: EncodeOptions) => Promise<Encoded>;

/** The real one, which a test disturbs; counts the calls under way. */
function disturbed(disturb: (inner: Encode) => Encode): Encoder & { running: number } {
  const inner = new Encoder();
  const encode = disturb((...args) => inner.encode(...args));
  return {
    running: 0,
    async encode(...args) {
      this.running += 1;
      try {
        return await encode(...args);
      } finally {
        this.running -= 1;
      }
    },
    begin(fds, _, options) {
      const begin = async (fd: number): Promise<Begun> => {
        const extent = await inner.extent(fd, 0);
        const small = extent !== null && extent.size > 0 && extent.size <= mib;
        return { extent, whole: small ? await this.encode(fd, 0, extent.size, options) : null };
      };
      return Promise.all(fds.map((fd) => begin(fd).catch((error: NativeError) => error)));
    },
    extent: (fd, offset) => inner.extent(fd, offset),
    close: () => inner.close(),
  };
}

/** One call fails at once with an errno, the others take their time. */
function failing(errno: string, at: (offset: number, length: number) => boolean) {
  return disturbed((inner) => async (fd, offset, length, options) => {
    if (at(offset, length)) throw Object.assign(new Error(errno), { code: errno });
    await sleep(200);
    return await inner(fd, offset, length, options);
  });
}

function source(name: string, size: number): { fd: number; entry: PutEntry } {
  const path = join(vault.path, name);
  writeFileSync(path, randomBytes(size));
  const attributes = { kind: 'file', mode: 0o600, uid: 0, gid: 0, atime: '0', mtime: '0' } as const;
  return { fd: openSync(path, 'r'), entry: { ...attributes, path: name, size, xattrs: [] } };
}

function begin(more: Partial<ImportContext>): Import {
  const store = new CubeStore(vault.fd);
  const context: ImportContext = {
    manifest,
    refused: { some: false, has: () => false },
    store,
    lock,
    encoder: new Encoder(),
    encode: vault.options(),
    owned: false,
    forced: null,
    checksum: true,
    refusal: () => undefined,
    commit: async (batch) => {
      for (const { id } of batch.cubes)
        mkdirSync(join(vault.path, 'cubes', id.slice(0, 2)), { recursive: true });
      await store.commit(batch.cubes);
      manifest.commit(batch.mutationsOn(manifest.tree), batch.nodes, batch.refs);
    },
    now: () => 0n,
    ...more,
  };
  return new Import(context, 'files');
}

async function put(run: Import, sources: { fd: number; entry: PutEntry }[]) {
  const entries = sources.map(({ entry }, index) => ({ ...entry, fd: index }));
  const fds = sources.map(({ fd }) => fd);
  try {
    return await run.entries(entries, fds, () => undefined);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

const temporaries = () => readdirSync(join(vault.path, 'cubes/tmp'));

describe('descriptors are read no more', () => {
  it.each([
    ['the first slot', 0],
    ['a slot of the last window', 3 * mib],
  ])('when the encryption of a file has failed at %s', async (_, bad) => {
    const { fd } = source('file', 8 * mib);
    const encoder = failing('EIO', (offset) => offset === bad);
    const slots = { take: () => undefined, room: async () => undefined, read: () => undefined };
    await expect(encodeFile(encoder, fd, vault.options(), slots)).rejects.toThrow('EIO');
    expect(encoder.running).toBe(0);
    closeSync(fd);
    encoder.close();
  });

  it.each([
    ['there is no space', 'ENOSPC', 'NO_SPACE'],
    ['the vault was locked', 'EWIPED', 'LOCKED'],
  ])('when a message has failed because %s', async (_, errno, code) => {
    const encoder = failing(errno, (__, length) => length === 100);
    const run = begin({ encoder });
    const sources = [source('small', 100), source('large', 4 * mib)];
    await expect(put(run, sources)).rejects.toMatchObject({ code });
    expect(encoder.running).toBe(0);
    await run.abandon();
    expect(temporaries()).toEqual([]);
  });
});

describe('an import whose commit fails', () => {
  it('leaves no unfinished cube, of that batch or a later one', async () => {
    const full = new SherinError('NO_SPACE', { what: 'the import' });
    const batches: Staging[] = [];
    // Each cube fills a batch by itself.
    const encoder = disturbed((inner) => async (...args) => {
      const encoded = await inner(...args);
      return encoded.kind === 'cube' ? { ...encoded, stored: 200 * mib } : encoded;
    });
    const run = begin({
      encoder,
      commit: async (batch) => {
        batches.push(batch);
        await sleep(300);
        throw full;
      },
    });
    const big = [1, 2, 3].map((number) => source(`file${number}`, 12 * mib));
    await expect(put(run, big)).rejects.toBe(full);
    await run.abandon();
    expect(batches).toHaveLength(1);
    expect(temporaries()).toEqual([]);
  });

  it('is over: what comes later is refused', async () => {
    const run = begin({ commit: async () => Promise.reject(new SherinError('LOCKED')) });
    await put(run, [source('file', 100)]);
    await expect(run.end()).rejects.toMatchObject({ code: 'LOCKED' });
    await expect(put(run, [source('later', 100)])).rejects.toMatchObject({ code: 'LOCKED' });
    await run.abandon();
    expect(temporaries()).toEqual([]);
  });
});

describe('an import that has ended', () => {
  it('takes no more entries', async () => {
    const run = begin({});
    await put(run, [source('file', 100)]);
    expect(await run.end()).toMatchObject({ files: 1, bytes: 100, newCubes: 1 });
    await expect(put(run, [source('later', 100)])).rejects.toMatchObject({ code: 'IO' });
  });

  it('is abandoned without an error whatever stands in the place of its unfinished cubes', async () => {
    const encoder = new Encoder();
    const run = begin({ encoder });
    await put(run, [source('file', 100)]);
    const [name = ''] = temporaries();
    const path = join(vault.path, 'cubes/tmp', name);
    rmSync(path);
    mkdirSync(join(path, 'folder'), { recursive: true });
    await run.abandon();
    expect(() => encoder.extent(vault.fd, 0)).toThrow('closed');
  });
});

describe('an import that relies on cubes', () => {
  it('keeps removals out from its first cube to its last commit, and lets one in between two messages', async () => {
    const run = begin({});
    await put(run, [source('first', 100)]);
    const order: string[] = [];
    const removal = lock.exclusive().then((release) => {
      order.push(`removal, ${manifest.cubeCount()} committed`);
      release();
    });
    await put(run, [source('second', 100)]);
    order.push('second message');
    await removal;
    const last = lock.exclusive().then((release) => {
      order.push(`removal, ${manifest.cubeCount()} committed`);
      release();
    });
    await run.end();
    await last;
    expect(order).toEqual(['removal, 1 committed', 'second message', 'removal, 2 committed']);
    const given = begin({});
    await put(given, [source('third', 100)]);
    expect(lock.idle).toBe(false);
    await given.abandon();
    expect(lock.idle).toBe(true);
  });

  it('gives a cube its row where a crash came before the commit of whoever wrote it', async () => {
    const same = source('file', 100);
    const again = { fd: openSync(join(vault.path, 'file'), 'r'), entry: same.entry };
    const killed = begin({ commit: async (batch) => new CubeStore(vault.fd).commit(batch.cubes) });
    await put(killed, [same]);
    await killed.end();
    expect(manifest.cubeCount()).toBe(0);
    const run = begin({});
    await put(run, [again]);
    expect(await run.end()).toMatchObject({ newCubes: 0, knownCubes: 1 });
    expect(manifest.cubeCount()).toBe(1);
  });
});

describe('messages that come while one is served', () => {
  it('are begun ahead, so many at most, and not while a removal waits for its turn', async () => {
    let begun = 0;
    const inner = new Encoder();
    const encoder: Encoder = {
      begin: (...args) => {
        begun += 1;
        return inner.begin(...args);
      },
      encode: (...args) => inner.encode(...args),
      extent: (...args) => inner.extent(...args),
      close: () => inner.close(),
    };
    const run = begin({ encoder });
    await put(run, [source('first', 100)]);
    const sources = Array.from({ length: messagesAhead + 1 }, (_, at) => source(`ahead${at}`, 100));
    const messages = Promise.all(sources.map((one) => put(run, [one])));
    await Promise.resolve();
    expect(begun).toBe(1 + messagesAhead);
    await messages;
    const all = 2 + messagesAhead;
    expect(begun).toBe(all);
    let removed = false;
    const removal = lock.exclusive().then((release) => {
      removed = true;
      release();
    });
    const held = [1, 2].map((number) => put(run, [source(`held${number}`, 100)]));
    await Promise.resolve();
    expect(begun).toBe(all);
    await Promise.all(held);
    expect(removed).toBe(true);
    await removal;
    expect(await run.end()).toMatchObject({ files: all + 2 });
  });

  it('leave no unfinished cube when the one before has failed', async () => {
    let failed = false;
    const run = begin({
      refusal: (change) => {
        if (change.path.at(-1)?.toString() !== 'bad') return undefined;
        failed = true;
        return Promise.reject(new SherinError('LOCKED'));
      },
    });
    await put(run, [source('first', 100)]);
    const bad = put(run, [source('bad', 100)]);
    const behind = put(run, [source('behind', 100)]);
    await expect(bad).rejects.toMatchObject({ code: 'LOCKED' });
    await Promise.allSettled([behind]);
    expect(failed).toBe(true);
    await run.abandon();
    expect(temporaries()).toEqual([]);
  });
});

describe('two sources for one path', () => {
  it('leave the later one, although the tree had it before', async () => {
    const path = (name: string) => join(vault.path, name);
    const old = source('old', 100);
    const fresh = source('fresh', 100);
    const again = { fd: openSync(path('old'), 'r'), entry: { ...old.entry, path: 'file' } };
    const first = begin({});
    await put(first, [{ ...old, entry: { ...old.entry, path: 'file' } }]);
    await first.end();
    const there = () => {
      const { tree } = manifest;
      const ino = tree.find([Buffer.from('file')])?.ino ?? 0;
      return tree.object(tree.inode(ino)?.object ?? 0)?.root;
    };
    const root = there();
    const second = begin({ checksum: false });
    await put(second, [{ ...fresh, entry: { ...fresh.entry, path: 'file', mtime: '1' } }]);
    await put(second, [again]);
    await second.end();
    expect(root).toBeDefined();
    expect(there()).toEqual(root);
  });
});

describe('a cube that is refused', () => {
  it('is healed by a put that finds its good copy in the vault already', async () => {
    const same = source('file', 100);
    const again = { fd: openSync(join(vault.path, 'file'), 'r'), entry: same.entry };
    const first = begin({});
    await put(first, [same]);
    await first.end();
    const batches: Staging[] = [];
    const second = begin({
      refused: { some: true, has: () => true },
      commit: async (batch) => {
        batches.push(batch);
      },
    });
    await put(second, [again]);
    expect(await second.end()).toMatchObject({ newCubes: 0, knownCubes: 1 });
    expect(batches.flatMap(({ healed }) => healed)).toHaveLength(1);
  });
});
