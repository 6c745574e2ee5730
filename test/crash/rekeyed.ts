/** A vault of the crash tests with files and two recovery keys, one of which is to open nothing after a rekey. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { peer } from '../../fs/check/fsck.fixture.js';
import { rootInode } from '../../fs/manifest/records.js';
import { make } from '../../fs/mount/changes/names.js';
import type { VaultService } from '../../fs/service/service.js';
import type { Session } from '../../fs/service/session/session.js';
import { Secret } from '../../native/index.js';
import { createVault, openVault } from './opened.js';

/** More than the cubes of one batch. */
const files = 40;
const names = Array.from({ length: files }, (_, number) => `file-${number}`);
const contentOf = (name: string): Buffer => Buffer.from(name.repeat(500));

export function secretIn(home: string, name: string): Secret {
  return Secret.take(Buffer.from(readFileSync(join(home, name), 'latin1').trim()));
}

export async function createFilled(home: string): Promise<void> {
  await createVault(home);
  // The lock of a directory that was open here stays until what had it is collected.
  const copy = `${home}.copy`;
  execFileSync('cp', ['-a', home, copy]);
  rmSync(home, { recursive: true });
  renameSync(copy, home);
  const { service, session } = await openVault(home);
  for (const name of names) {
    const place = { parent: rootInode, name: Buffer.from(name) };
    const ino = make(session.changes, place, { kind: 'file', mode: 0o600 }, peer);
    const bytes = contentOf(name);
    session.changes.opened(ino);
    await session.changes.write(ino, 0, bytes.length, (from, length, target, at) => {
      bytes.copy(target, at, from, from + length);
    });
    session.changes.closed(ino);
  }
  const lost = Secret.random(32);
  const fd = openSync(join(home, 'lost'), 'wx', 0o600);
  Secret.writeRecoveryKey(lost, fd);
  closeSync(fd);
  lost.wipe();
  const [tpm] = service.keys.list().slots.filter(({ type }) => type === 'tpm2');
  await service.keys.addRecovery(secretIn(home, 'lost'), peer);
  // Its TPM is gone.
  await service.keys.remove(tpm?.id ?? -1, true, peer);
  await service.stop(null);
}

/** Keeps the slot of the one recovery key and drops that of the other. */
export async function rekeyed(service: VaultService, home: string): Promise<void> {
  const [kept, lost] = service.keys.list().slots.map(({ id }) => id);
  const keep = new Map([[kept ?? -1, secretIn(home, 'recovery')]]);
  await service.keys.rekey({ keep, drop: new Set([lost ?? -1]), force: false }, peer);
  await service.reencryption.settled();
}

/** @throws where a file does not have its content */
export async function readAll(session: Session): Promise<void> {
  for (const name of names) {
    const ino = session.tree.find([Buffer.from(name)])?.ino ?? null;
    const object = session.tree.object(session.tree.objectOfFile(ino ?? 0) ?? 0) ?? null;
    const content = await session.openContent({ ino, object }, peer);
    const bytes = Buffer.alloc(content.size);
    await content.read(0, bytes.length, bytes);
    content.close();
    if (!bytes.equals(contentOf(name))) throw new Error(`${name} has other content`);
  }
}
