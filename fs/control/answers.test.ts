/** The longest answers fit a message, and page by page all is told. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes, formatSherinId, type SherinId } from '../../common/ids.js';
import { type ControlParams, type ControlResult, controlMethods } from '../../daemon/protocol/control.js';
import { messageLimit } from '../../native/ipc.js';
import { objectCubes } from '../cube/catalog.js';
import { rootInode } from '../manifest/records.js';
import { link, make } from '../mount/changes/names.js';
import { peer, ServedVault } from '../service/service.fixture.js';
import { accessHandlers } from './access-handlers.js';
import { auditHandlers } from './audit-handlers.js';
import { checkHandlers } from './check-handlers.js';
import { ClientThreads } from './client-threads.js';
import { historyHandlers } from './history-handlers.js';
import { quarantineHandlers } from './quarantine-handlers.js';
import type { Call } from './server.js';
import { spaceHandlers } from './space-handlers.js';
import { treeHandlers } from './tree-handlers.js';

let vault: ServedVault;
beforeAll(async () => {
  vault = await ServedVault.start();
});
afterAll(() => vault.end());

const call: Call = {
  ...{ peer, fds: [], connection: {}, progress: () => undefined, notify: () => undefined },
  give: () => undefined,
  cancelled: () => false,
};

type Told =
  | 'history'
  | 'du.versions'
  | 'lineage'
  | 'quarantine.list'
  | 'quarantine.restore'
  | 'rules.test'
  | 'audit.tail'
  | 'list'
  | 'verify';

/** Asks as a client would: an answer that does not fit its message, or is none by the protocol, is an error. */
async function ask<M extends Told>(method: M, params: ControlParams<M>): Promise<ControlResult<M>> {
  const { service } = vault;
  const handlers = {
    ...historyHandlers(service.history),
    ...spaceHandlers(service),
    ...quarantineHandlers(service),
    ...accessHandlers(service),
    ...auditHandlers(service),
    ...checkHandlers(service),
    ...treeHandlers(service, new ClientThreads()),
  };
  const { params: wanted, result } = controlMethods[method];
  const handler = handlers[method] as (params: unknown, call: Call) => Promise<unknown>;
  const answer = {
    jsonrpc: '2.0',
    id: Number.MAX_SAFE_INTEGER,
    result: await handler(wanted.parse(params), call),
  };
  const message = Buffer.from(JSON.stringify(answer));
  expect(message.length, `bytes of the answer to ${method}`).toBeLessThanOrEqual(messageLimit);
  return result.parse(JSON.parse(message.toString()).result) as ControlResult<M>;
}

/** A directory whose path is as long as a kernel takes one at once, each character an escape of six bytes. */
async function longPlace(name: string): Promise<{ readonly parent: number; readonly path: string }> {
  const { changes } = await vault.session();
  let parent = rootInode;
  const names = [name, ...Array.from({ length: 14 }, () => '\x01'.repeat(255))];
  for (const one of names)
    parent = make(changes, { parent, name: Buffer.from(one) }, { kind: 'directory', mode: 0o755 }, peer);
  return { parent, path: `files/${names.join('/')}` };
}

async function write(place: { parent: number }, name: string, text: string): Promise<number> {
  const { changes } = await vault.session();
  const ino = make(
    changes,
    { parent: place.parent, name: Buffer.from(name) },
    { kind: 'file', mode: 0o644 },
    peer,
  );
  changes.opened(ino);
  await vault.write(ino, 0, text);
  changes.closed(ino);
  return ino;
}

it('a file with very many versions shows all of them, and all of its removals', async () => {
  const count = 901;
  const session = await vault.session();
  const ino = await vault.make('many', 'first');
  await session.writing.durable(null);
  const [put] = [session.manifest.tree.inode(ino)?.putIndex ?? 0].map(
    (index) => session.manifest.record(index).mutation,
  );
  if (put?.type !== 'put') throw new Error('no put');
  const name = Buffer.from('many');
  for (let version = 2; version <= count; version++) {
    // Every tenth one follows a removal.
    if (version % 10 === 0) {
      await session.commit(() => [
        {
          type: 'rename',
          parent: rootInode,
          name,
          newParent: rootInode,
          newName: Buffer.from('away'),
          exchange: false,
        },
      ]);
      await session.commit(() => [
        {
          type: 'rename',
          parent: rootInode,
          name: Buffer.from('away'),
          newParent: rootInode,
          newName: name,
          exchange: false,
        },
      ]);
    } else await session.commit(() => [{ ...put, id: { ...put.id, tag: randomBytes(16) } }]);
  }
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  const versions: ControlResult<'history'>['versions'] = [];
  const removals: string[] = [];
  let before: number | undefined;
  do {
    const page = await ask('history', before === undefined ? { path: 'many' } : { path: 'many', before });
    versions.unshift(...page.versions);
    removals.unshift(...page.removals);
    before = versions[0]?.number;
  } while (before !== undefined && before > 1);
  expect(versions.map(({ number }) => number)).toEqual(numbers);
  expect(removals).toHaveLength(90);
  expect(removals).toEqual([...new Set(removals)].sort());

  const spaces: number[] = [];
  for (let next: number | undefined; next !== 1; next = spaces[0]) {
    const page = await ask(
      'du.versions',
      next === undefined ? { path: 'many' } : { path: 'many', before: next },
    );
    spaces.unshift(...page.versions.map(({ number }) => number));
  }
  expect(spaces).toEqual(numbers);
});

/** Files in a long place, each of one cube of its own. */
async function filesIn(name: string, count: number): Promise<{ path: string; cube: CubeId; ino: number }[]> {
  const place = await longPlace(name);
  const inodes: number[] = [];
  for (let at = 0; at < count; at++) inodes.push(await write(place, `f${at}`, `${name} ${at}`));
  const { manifest, writing } = await vault.session();
  await writing.durable(null);
  return inodes.map((ino, at) => {
    const object = manifest.tree.object(manifest.tree.inode(ino)?.object ?? 0);
    const [first] = object === undefined ? [] : objectCubes(manifest, object);
    if (first === undefined) throw new Error('no cube');
    return { path: `${place.path}/f${at}`, cube: cubeIdFromBytes(first.cube.id), ino };
  });
}

describe('cubes of files with long paths', () => {
  let files: Awaited<ReturnType<typeof filesIn>>;
  beforeAll(async () => {
    files = await filesIn('bad', 12);
    const session = await vault.session();
    const quarantine = files.map(({ cube }) => ({ type: 'quarantine', cube, reason: 'tag' }) as const);
    await session.commit(() => quarantine);
    for (const { cube } of files) expect(await session.store.quarantine(cube, undefined)).toBe(true);
  });

  it('are listed in quarantine, each once, and put back', async () => {
    const listed: string[] = [];
    for (let more = true; more; ) {
      const after = listed.at(-1);
      const page = await ask('quarantine.list', after === undefined ? {} : { after });
      for (const { id, paths } of page.cubes) {
        listed.push(id);
        expect(paths).toEqual([files.find(({ cube }) => cube === id)?.path]);
      }
      more = page.more;
    }
    expect(listed).toEqual(files.map(({ cube }) => cube).sort());
  });

  it('stay in quarantine where the log takes no record of it, and are put back where it does', async () => {
    const { records, store, manifest } = await vault.session();
    const ids = files.map(({ cube }) => cube);
    const whole = records.record;
    // As on a disk without space.
    records.record = async () => {
      for (const id of ids) expect(store.quarantinedSize(id)).not.toBeNull();
      throw new SherinError('AUDIT_UNWRITABLE', { part: 'ENOSPC' });
    };
    await expect(ask('quarantine.restore', { ids })).rejects.toMatchObject({ code: 'AUDIT_UNWRITABLE' });
    records.record = whole;
    for (const id of ids) expect(store.quarantinedSize(id)).not.toBeNull();
    expect([...manifest.tree.quarantine()]).toHaveLength(ids.length);

    const { restored, refused } = await ask('quarantine.restore', { ids });
    expect([restored.sort(), refused]).toEqual([ids.sort(), []]);
    expect([...manifest.tree.quarantine()]).toHaveLength(0);
  });

  it('that fail a check are told as far as the answer goes, and counted all', async () => {
    const session = await vault.session();
    for (const { cube } of files) await session.store.quarantine(cube, undefined);
    const { failed, failures } = await ask('verify', { target: 'bad' });
    expect(failed).toBe(files.length);
    expect(failures.length).toBeGreaterThan(2);
    expect(failures.length).toBeLessThan(failed);
    for (const { cube } of files) await session.store.release(cube);
    await ask('quarantine.restore', { ids: files.map(({ cube }) => cube) });
  });
});

it('rules of a file with many long names are explained as far as the answer goes', async () => {
  const [first] = await filesIn('linked', 1);
  const { changes, tree } = await vault.session();
  const ino = first?.ino ?? 0;
  const [{ parent } = { parent: 0 }] = tree.linksOf(ino);
  for (let at = 0; at < 20; at++) link(changes, ino, { parent, name: Buffer.from(`link${at}`) });
  const { places, more } = await ask('rules.test', { target: first?.path ?? '', operation: 'read', uid: 7 });
  expect(more).toBe(true);
  expect(places.length).toBeGreaterThan(2);
});

it('a directory of long names that are no Latin letters is listed whole', async () => {
  const place = await longPlace('names');
  const names = Array.from({ length: 700 }, (_, at) => `${String(at).padStart(3, '0')}${'字'.repeat(84)}`);
  for (const name of names) await write(place, name, 'x');
  const listed: string[] = [];
  for (let more = true; more; ) {
    const after = listed.at(-1);
    const page = await ask('list', after === undefined ? { path: place.path } : { path: place.path, after });
    listed.push(...page.entries.map(({ name }) => name));
    more = page.more;
  }
  expect(listed).toEqual(names);
});

it('the lineage of what very many versions were made from has all of them', async () => {
  const session = await vault.session();
  const ino = await vault.make('origin', 'of many');
  const made = await vault.make('made', 'of it');
  await session.writing.durable(null);
  const { manifest } = session;
  const putOf = (inode: number) => {
    const { mutation } = manifest.record(manifest.tree.inode(inode)?.putIndex ?? 0);
    if (mutation.type !== 'put') throw new Error('no put');
    return mutation;
  };
  const origin = formatSherinId(putOf(ino).id);
  const ids: string[] = [];
  for (let at = 0; at < 900; at++) {
    const put = putOf(made);
    const id = { ...put.id, tag: at < 800 ? randomBytes(16) : put.id.tag };
    const lineage = {
      ...{ derivedFrom: Array.from({ length: at % 50 === 0 ? 255 : 1 }, () => origin as SherinId) },
      ...{ taskId: `T${at}`, botId: 'b'.repeat(64), botVersion: '1.0.0' },
    };
    await session.commit(() => [{ ...put, id, lineage }]);
    ids.push(formatSherinId(id));
  }
  const found: string[] = [];
  let last: ControlResult<'lineage'>['versions'][number] | undefined;
  for (let [more, after] = [true, '']; more; ) {
    const page = await ask('lineage', { target: 'origin', after });
    expect([page.id, page.ancestors]).toEqual([origin, []]);
    found.push(...page.descendants);
    last ??= page.versions.find(({ id }) => id === ids.at(-1));
    after = page.versions.at(-1)?.id ?? '';
    more = page.more;
  }
  expect(found).toEqual([...new Set(ids)].sort());
  expect(last).toMatchObject({ makings: 101, made: { length: 4 } });
  expect(last?.made.at(-1)?.task).toBe('T899');
});

it('long records of the audit log come in pages', async () => {
  const { records } = await vault.session();
  const meta = { ranges: Array.from({ length: 260 }, (_, at) => [at, 1_000_000]) };
  const actor = { uid: 0, pid: 1, exe: 'test' };
  for (let at = 0; at < 60; at++) records.note({ event: 'AUDIT_TEST', id: null, actor, meta });
  await records.record({ event: 'AUDIT_TEST', id: null, actor, meta });
  const seqs: unknown[] = [];
  for (let before: number | undefined; seqs.length < 60; before = Number(seqs[0])) {
    const page = await ask('audit.tail', { count: 60, ...(before === undefined ? {} : { before }) });
    seqs.unshift(...page.records.map(({ seq }) => seq));
  }
  const [first] = seqs;
  expect(seqs).toEqual(seqs.map((_, at) => Number(first) + at));
  expect(seqs.at(-1)).toBe(records.head().size - 1);
});
