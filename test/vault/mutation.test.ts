/** A whole vault with random edits: whatever is done to its files, nobody gets a wrong byte, and nothing ends the process. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { makeLogger } from '../../common/log.js';
import { CheckedVault, peer } from '../../fs/check/fsck.fixture.js';
import { checkHandlers } from '../../fs/control/check-handlers.js';
import { rootInode } from '../../fs/manifest/records.js';
import { make } from '../../fs/mount/changes/names.js';
import { VaultService } from '../../fs/service/service.js';
import type { Session } from '../../fs/service/session/session.js';
import { openLocked } from '../../fs/vault/open.js';
import { Random } from '../fuzz/random.js';
import { editVault } from './vault-edits.js';

const rounds = Number(process.env.SHERIN_MUTATIONS ?? (process.env.SHERIN_TESTS === 'all' ? 1000 : 10));
const first = Number(process.env.SHERIN_MUTATION_SEED ?? 1);
/** Bytes that all rounds together may take. */
const mostMemory = 1024 ** 3;

let made: CheckedVault;
/** What each name may have: the end of the journal can be cut off, as by a crash. */
const contents = new Map<string, readonly Buffer[]>();
const sealed = ['large', 'small', 'changed'];
let kept: string;
let outside: string;

const patterned = (length: number, by: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * by + (at >> 8)) & 0xff));

beforeAll(async () => {
  made = await CheckedVault.create();
  const [large, small] = [patterned(1_200_000, 7), patterned(5_000, 3)];
  const changed = [patterned(70_000, 5), patterned(70_000, 11)];
  await made.put('large', large);
  await made.put('small', small);
  for (const version of changed) await made.put('changed', version);
  const written = patterned(9_000, 13);
  await write(await made.service.unlocked(), 'written', written);
  contents.set('large', [large]).set('small', [small]).set('changed', changed.slice(1));
  contents.set('written', [Buffer.alloc(0), written]);
  // As a crash leaves it: the journal has what was written.
  kept = join(made.home, 'kept');
  for (const name of ['vault', 'tpm', 'known'])
    cpSync(join(made.home, name), join(kept, name), { recursive: true });
  await made.service.stop(null);
  outside = join(made.home, 'outside/precious');
  mkdirSync(join(made.home, 'outside'));
});
afterAll(() => rmSync(made.home, { recursive: true, force: true }));

async function write({ changes }: Session, name: string, content: Buffer): Promise<void> {
  const place = { parent: rootInode, name: Buffer.from(name) };
  const ino = make(changes, place, { kind: 'file', mode: 0o600 }, peer);
  changes.opened(ino);
  await changes.write(ino, 0, content.length, (from, length, target, at) => {
    content.copy(target, at, from, from + length);
  });
  await changes.sync(ino);
  changes.closed(ino);
}

/** The value, or null for an error of the table; another is a failure. */
async function met<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SherinError) return null;
    throw error;
  }
}

async function readAll(session: Session): Promise<void> {
  const { tree } = session;
  for (const name of [...sealed, 'written']) {
    const entry = tree.lookup(rootInode, Buffer.from(name));
    if (entry === undefined) expect(sealed).not.toContain(name);
    else {
      const read = await met(() => contentOf(session, entry.ino));
      if (read !== null)
        expect(
          contents.get(name)?.some((content) => content.equals(read)),
          name,
        ).toBe(true);
    }
  }
}

async function contentOf(session: Session, ino: number): Promise<Buffer> {
  const { tree } = session;
  const object = tree.object(tree.objectOfFile(ino) ?? tree.inode(ino)?.object ?? 0) ?? null;
  const content = await session.openFile(ino, object, peer, tree);
  try {
    const bytes = Buffer.alloc(content.size);
    await content.read(0, bytes.length, bytes);
    return bytes;
  } finally {
    content.close();
  }
}

async function openAndLook(): Promise<boolean> {
  const places = made.places;
  const locked = await met(() => openLocked(places.vault, places));
  if (locked === null) return false;
  const service = new VaultService(locked, makeLogger('test', { SHERIN_LOG: 'silent' }), {
    wholeCube: false,
  });
  try {
    const session = await met(() => service.unlocked());
    if (session === null) return false;
    await readAll(session);
    const call = {
      peer,
      fds: [],
      connection: {},
      progress: () => undefined,
      give: () => undefined,
      notify: () => undefined,
      cancelled: () => false,
    };
    await met(() => checkHandlers(service).verify({}, call));
    const again = await met(() => service.unlocked());
    if (again !== null) await readAll(again);
    return true;
  } finally {
    await met(() => service.stop(null));
  }
}

it(`opens or is refused after each of ${rounds} sets of edits, and gives no wrong byte`, {
  timeout: 10_000 + rounds * 20_000,
}, async () => {
  const memory = process.memoryUsage.rss();
  let opened = 0;
  for (let seed = first; seed < first + rounds; seed++) {
    for (const name of ['vault', 'tpm', 'known']) {
      rmSync(join(made.home, name), { recursive: true, force: true });
      cpSync(join(kept, name), join(made.home, name), { recursive: true });
    }
    writeFileSync(outside, 'precious');
    const done = editVault(made.path, outside, new Random(seed));
    try {
      if (await openAndLook()) opened += 1;
      expect(readFileSync(outside, 'utf8')).toBe('precious');
      expect(process.memoryUsage.rss() - memory).toBeLessThan(mostMemory);
    } catch (error) {
      throw new Error(`SHERIN_MUTATION_SEED=${seed}: ${done.join('; ')}`, { cause: error });
    }
  }
  expect(opened).toBeGreaterThan(0);
});
