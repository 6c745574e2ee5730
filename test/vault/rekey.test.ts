/** A new master key under an open reader: what is stored ends under it, and what opened the vault before opens nothing of it. */
import { randomBytes } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backup } from '../../fs/backup/backup.js';
import { BackupDirectory } from '../../fs/backup/backup-directory.js';
import { CheckedVault, peer } from '../../fs/check/fsck.fixture.js';
import { quarantineHandlers } from '../../fs/control/quarantine-handlers.js';
import type { Predecessor } from '../../fs/service/handover/predecessor.js';
import type { Session } from '../../fs/service/session/session.js';
import { carriedKeys } from '../../fs/vault/carried-keys.js';
import { Keyring, Secret } from '../../native/index.js';
import { decodeCube } from '../reference/cube.js';
import { openHeader, parseHeader } from '../reference/header.js';
import { readManifest } from '../reference/manifest.js';
import { parseRecoveryKey } from '../reference/recovery-key.js';
import { openVault } from '../reference/vault.js';

const files = new Map([
  ['small', randomBytes(5000)],
  ['large', randomBytes(1_100_000)],
  ['other', randomBytes(70_000)],
]);
const tpm = 0;
let vault: CheckedVault;
let lost: string;
let fresh: string;

const secret = (text: string) => Secret.take(Buffer.from(text));
const header = () => JSON.parse(readFileSync(join(vault.path, 'vault.json'), 'utf8'));
function epochs(path = vault.path): Set<number> {
  const files = readdirSync(join(path, 'cubes'), { recursive: true, encoding: 'utf8' });
  const cubes = files.filter((name) => name.endsWith('.cube'));
  return new Set(cubes.map((name) => readFileSync(join(path, 'cubes', name)).readUInt16LE(14)));
}

const ids = () => vault.service.keys.list().slots.map(({ id }) => id);

function recoveryText(name: string): string {
  const fd = openSync(join(vault.home, name), 'wx+', 0o600);
  const key = Secret.random(32);
  Secret.writeRecoveryKey(key, fd);
  closeSync(fd);
  key.wipe();
  return readFileSync(join(vault.home, name), 'latin1').trim();
}

function opened(session: Session, name: string) {
  const found = session.tree.find([Buffer.from(name)]);
  const object = session.tree.object(session.tree.objectOfFile(found?.ino ?? 0) ?? 0);
  return session.openContent({ ino: found?.ino ?? null, object: object ?? null }, peer);
}

async function expectContent(session: Session): Promise<void> {
  for (const [name, content] of files) {
    const file = await opened(session, name);
    const bytes = Buffer.alloc(file.size);
    await file.read(0, bytes.length, bytes);
    file.close();
    expect(bytes.equals(content)).toBe(true);
  }
}

/** Files as the independent reader has them. */
function expectRead(path: string, text: string): void {
  const { root } = openVault(path, { recoveryKey: parseRecoveryKey(text) });
  const read = new Map(root.children.map(({ name, content }) => [Buffer.from(name).toString(), content()]));
  expect([...read.keys()].sort()).toEqual([...files.keys()].sort());
  for (const [name, content] of files) expect(Buffer.from(read.get(name) ?? []).equals(content)).toBe(true);
}

/** Of the locked vault, as the program that copies makes it. */
async function backUp(name: string) {
  const path = join(vault.home, name);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const target = BackupDirectory.open(path);
  const { service } = vault;
  const source = { fd: service.vaultFd, path: vault.path, publicKey: service.publicKey, served: false };
  try {
    return await backup(source, target, { recheck: false, prune: false, progress: () => undefined });
  } finally {
    target.close();
  }
}

async function rekey(keep: readonly (readonly [number, string | null])[]): Promise<number> {
  const kept = new Map(keep.map(([id, text]) => [id, text === null ? null : secret(text)]));
  const drop = new Set(ids().filter((id) => !kept.has(id)));
  return vault.service.keys.rekey({ keep: kept, drop, force: false }, peer);
}

beforeAll(async () => {
  vault = await CheckedVault.create();
  for (const [name, content] of files) await vault.put(name, content);
  lost = recoveryText('lost');
  await vault.service.keys.addRecovery(secret(lost), peer);
  fresh = recoveryText('fresh');
  await vault.service.keys.addRecovery(secret(fresh), peer);
});
afterAll(() => vault.remove());

describe('rekey', () => {
  it('leaves everything as it is where a slot is not spoken of, or its secret is wrong', async () => {
    const before = readFileSync(join(vault.path, 'vault.json'));
    const wish = (keep: readonly (readonly [number, Secret | null])[], drop: readonly number[]) =>
      vault.service.keys.rekey({ keep: new Map(keep), drop: new Set(drop), force: false }, peer);
    await expect(wish([[tpm, null]], [1, 2])).rejects.toMatchObject({ code: 'KEY_SLOT_LEFT' });
    await expect(wish([[tpm, null]], [1, 2, 3])).rejects.toMatchObject({ code: 'KEY_SLOT_NEEDED' });
    await expect(wish([[3, secret(fresh)]], [tpm, 1, 2])).rejects.toMatchObject({
      code: 'KEY_SLOT_LAST_TPM',
    });
    await expect(wish([], [tpm, 1, 2, 3])).rejects.toMatchObject({ code: 'KEY_SLOT_LAST' });
    await expect(
      wish(
        [
          [tpm, null],
          [3, secret(lost)],
        ],
        [1, 2],
      ),
    ).rejects.toMatchObject({ code: 'RECOVERY_KEY_WRONG' });
    const other = { ...peer, uid: 12_345 };
    const drop = new Set(ids());
    await expect(
      vault.service.keys.rekey({ keep: new Map(), drop, force: true }, other),
    ).rejects.toMatchObject({ code: 'DENIED' });
    expect(readFileSync(join(vault.path, 'vault.json'))).toEqual(before);
    expect(vault.service.reencryption.state).toBeNull();
  });

  it('is readable in the middle, by readers that know nothing of the product too', async () => {
    const { service } = vault;
    // A backup or import under way: epochs do not end meanwhile, and what was stored before is not touched yet.
    const release = await service.cubeLock.shared();
    await service.lock(peer);
    cpSync(vault.path, join(vault.home, 'before'), { recursive: true });
    await backUp('earlier');
    await service.unlock({ slot: 'tpm', pin: null }, peer);
    const reader = await opened(await service.unlocked(), 'large');
    expect(
      await rekey([
        [tpm, null],
        [3, fresh],
      ]),
    ).toBe(1);
    expect(header()).toMatchObject({ epoch: 1, keys: { former: [{ epoch: 0, counters: [] }] } });
    expect(service.reencryption.state).toMatchObject({ epoch: 1, former: [0] });
    const added = randomBytes(3000);
    files.set('added', added);
    await vault.put('added', added);
    expect(epochs()).toEqual(new Set([0, 1]));
    await expectContent(await service.unlocked());
    expectRead(vault.path, fresh);
    release();
    await service.lock(peer);
    await service.reencryption.settled();
    await backUp('amid');
    expectRead(join(vault.home, 'amid'), fresh);
    await service.unlock({ slot: 'tpm', pin: null }, peer);
    await expectContent(await service.unlocked());
    reader.close();
  });

  it('ends with everything under the new key, while a file is being read', async () => {
    const { service } = vault;
    const session = await service.unlocked();
    const content = files.get('large') ?? Buffer.alloc(0);
    const half = content.length / 2;
    const reader = await opened(session, 'large');
    const bytes = Buffer.alloc(content.length);
    await reader.read(0, half, bytes.subarray(0, half));
    service.reencryption.start();
    await service.reencryption.settled();
    await reader.read(half, half, bytes.subarray(half));
    reader.close();
    expect(bytes.equals(content)).toBe(true);
    expect(service.reencryption.state).toBeNull();
    expect(header()).toMatchObject({ epoch: 1, keys: { former: [] } });
    expect(epochs()).toEqual(new Set([1]));
    expect(session.keyring.formerEpochs()).toEqual([]);
    await expectContent(session);
    await session.checks.audit();
    await session.checks.manifest();
    expect(await vault.fsck()).toMatchObject({ clean: true });
  });

  it('opens with what was kept, and with nothing else', async () => {
    const { service } = vault;
    for (const [text, code] of [
      [lost, 'RECOVERY_KEY_WRONG'],
      [fresh, null],
    ] as const) {
      await service.lock(peer);
      const unlock = service.unlock({ slot: 'recovery', text: secret(text), acceptRollback: false }, peer);
      if (code === null) await unlock;
      else await expect(unlock).rejects.toMatchObject({ code });
    }
    await expectContent(await service.unlocked());
    await service.lock(peer);
    expectRead(vault.path, fresh);
    await service.unlock({ slot: 'tpm', pin: null }, peer);
    await expectContent(await service.unlocked());
  });

  it('a backup of the middle is renewed, one of before is left as it is', async () => {
    await vault.service.lock(peer);
    await backUp('amid');
    expectRead(join(vault.home, 'amid'), fresh);
    expect(epochs(join(vault.home, 'amid'))).toEqual(new Set([1]));
    await expect(backUp('earlier')).rejects.toMatchObject({ code: 'BACKUP_EPOCH' });
    expect(epochs(join(vault.home, 'earlier'))).toEqual(new Set([0]));
    await vault.service.unlock({ slot: 'tpm', pin: null }, peer);
  });

  it('the old key, out of an old copy of the header, opens neither manifest nor cubes', async () => {
    await vault.service.lock(peer);
    const before = parseHeader(readFileSync(join(vault.home, 'before', 'vault.json')));
    const master = openHeader(before, { recoveryKey: parseRecoveryKey(lost) });
    const database = readFileSync(join(vault.path, 'manifest.db'));
    expect(() => readManifest(master, before, database, Buffer.alloc(0))).toThrow('page 1');
    const named = readFileSync(vault.cubes()[0] ?? '');
    const cube = { id: named.subarray(16, 48), root: Buffer.alloc(32), length: 1 };
    expect(() => decodeCube(master, cube, named)).toThrow('no key of epoch 1');
    expect(() => decodeCube({ ...master, epoch: 1 }, cube, named)).toThrow('the sealed part does not open');
    await vault.service.unlock({ slot: 'tpm', pin: null }, peer);
  });

  it('is not ended while a cube in quarantine needs the key before, and a bad cube goes there', async () => {
    const { service } = vault;
    const [bad = ''] = vault.cubes();
    const file = readFileSync(bad);
    const broken = Buffer.from(file);
    broken[5000] = (broken[5000] ?? 0) ^ 1;
    writeFileSync(bad, broken);
    expect(
      await rekey([
        [tpm, null],
        [3, fresh],
      ]),
    ).toBe(2);
    await service.reencryption.settled();
    expect(service.reencryption.state).toMatchObject({ former: [1], waiting: '1 cube can not be read' });
    service.reencryption.start();
    await service.reencryption.settled();
    expect(service.reencryption.state?.waiting).toMatch('1 cube in quarantine under an earlier master key');
    const session = await service.unlocked();
    const [held] = [...session.manifest.tree.quarantine()];
    const cube = held?.cube ?? '';
    writeFileSync(join(vault.path, 'quarantine', `${cube}.cube`), file);
    const call = {
      peer,
      fds: [],
      connection: {},
      progress: () => undefined,
      give: () => undefined,
      notify: () => undefined,
      cancelled: () => false,
    };
    const { 'quarantine.restore': restore } = quarantineHandlers(service);
    expect(await restore({ ids: [cube] }, call)).toMatchObject({ restored: [cube] });
    service.reencryption.start();
    await service.reencryption.settled();
    expect(service.reencryption.state).toBeNull();
    expect(epochs()).toEqual(new Set([2]));
    await expectContent(session);
  });

  it('goes on in the process that takes over, not before the other one can not any more', async () => {
    const { service } = vault;
    const release = await service.cubeLock.shared();
    expect(
      await rekey([
        [tpm, null],
        [3, fresh],
      ]),
    ).toBe(3);
    const { keyring } = await service.unlocked();
    const keys = Keyring.receive(service.uuid, keyring.handOver(), carriedKeys(header()));
    keyring.takeBack();
    await service.lock(peer);
    release();
    await service.reencryption.settled();
    const before = header();
    const handed: Pick<Predecessor, 'document' | 'device' | 'takeKeys'> = {
      ...{ document: { v: 2, mount: null, orphans: [], nextInode: 1 }, device: null },
      takeKeys: () => keys,
    };
    const goOn = await service.handover.takeOver(handed as Predecessor);
    await service.reencryption.settled();
    expect(header()).toEqual(before);
    goOn();
    await service.reencryption.settled();
    expect(header()).toMatchObject({ epoch: 3, keys: { former: [] } });
    await expectContent(await service.unlocked());
  });
});
