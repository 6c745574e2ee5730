/** The copy of the log of a backup, beside one that another time of the vault has left, and of segments that change. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeLogger } from '../../common/log.js';
import { Keyring } from '../../native/index.js';
import { LogCopy } from '../log-copy/log-copy.js';
import { Manifest } from '../manifest/manifest.js';
import { Fixture, make } from '../manifest/testing/fixture.js';
import { BackupDirectory } from './backup-directory.js';
import { copyBytes, copyLog } from './copy-log.js';

const vault = new Fixture();
const keyring = Keyring.generate(vault.uuid);
const signer = { uuid: vault.uuid, publicKey: keyring.publicKey() };
const fd = openSync(vault.directory, 'r');
const log = makeLogger('test', { SHERIN_LOG: 'silent' });
let manifest: Manifest;
let target: BackupDirectory;

/** A session that copies what there is. */
async function bring(): Promise<void> {
  const copy = new LogCopy({ vaultFd: fd, uuid: vault.uuid, keyring, manifest, log });
  await copy.bring();
  await copy.close();
}

async function session(): Promise<Buffer> {
  await bring();
  return readFileSync(join(vault.directory, 'log/00000001.log'));
}

beforeAll(async () => {
  const sign = (message: Buffer) => keyring.sign(message);
  manifest = Manifest.create({ ...vault.options(), publicKey: signer.publicKey, sign });
  manifest.commit(make(manifest.newInode(), 1, 'file'), [], []);
  target = BackupDirectory.make(join(vault.directory, 'backup'));
});
afterAll(() => {
  target.close();
  manifest.close();
  keyring.wipe();
  closeSync(fd);
  vault.remove();
});

test('a segment with the number and length of one that is there already takes its place', async () => {
  const first = await session();
  expect(await copyLog(fd, target, signer)).toBe(1);
  const copied = target.inside('log/00000001.log');
  expect(readFileSync(copied)).toEqual(first);
  // The vault was put back, and has made the same number once more.
  rmSync(join(vault.directory, 'log'), { recursive: true });
  const second = await session();
  expect(second).toHaveLength(first.length);
  expect(await copyLog(fd, target, signer)).toBe(1);
  expect(readFileSync(copied)).toEqual(second);
});

test('what is damaged, cut or lost in the vault stays in the backup; what a later segment replaces goes', async () => {
  const names = () => readdirSync(target.inside('log')).sort();
  expect(names()).toEqual(['00000001.log']);
  // The next one begins at the first record, too.
  manifest.commit(make(manifest.newInode(), 1, 'another'), [], []);
  await bring();
  await copyLog(fd, target, signer);
  expect(names()).toEqual(['00000002.log']);
  const own = join(vault.directory, 'log/00000002.log');
  const good = readFileSync(own);
  const harms = [
    () => writeFileSync(own, good.subarray(0, 100)),
    () => writeFileSync(own, 'x'),
    () => rmSync(own),
    () => writeFileSync(join(vault.directory, 'log/00000009.log'), 'planted'),
    () => rmSync(join(vault.directory, 'log'), { recursive: true }),
  ];
  for (const harm of harms) {
    harm();
    await copyLog(fd, target, signer);
    expect(names()).toEqual(['00000002.log']);
    expect(readFileSync(target.inside('log/00000002.log'))).toEqual(good);
  }
});

test('what becomes shorter while it is copied ends the copy', async () => {
  const from = join(vault.directory, 'short');
  writeFileSync(from, Buffer.alloc(1000));
  mkdirSync(join(vault.directory, 'to'));
  const short = openSync(from, 'r');
  try {
    await expect(copyBytes(short, 2000, join(vault.directory, 'to/00000001.log'))).rejects.toMatchObject({
      code: 'DISK_READ',
    });
  } finally {
    closeSync(short);
  }
});
