/** The copy of the log beside a manifest, in a directory that somebody else may write to. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { MalformedBytes } from '../../common/bytes.js';
import { makeLogger } from '../../common/log.js';
import { Keyring, system } from '../../native/index.js';
import { Manifest } from '../manifest/manifest.js';
import { Fixture, make } from '../manifest/testing/fixture.js';
import { checkCopy } from './check.js';
import { entriesOf } from './entries.js';
import { LogFolder } from './folder.js';
import { headEntryBytes } from './frame.js';
import { LogCopy } from './log-copy.js';
import { scanSegment } from './scan.js';

const vault = new Fixture();
const logs = join(vault.directory, 'log');
const keyring = Keyring.generate(vault.uuid);
const signer = { uuid: vault.uuid, publicKey: keyring.publicKey() };
const fd = openSync(vault.directory, 'r');
const log = makeLogger('test', { SHERIN_LOG: 'silent' });
const place = { folder: new LogFolder(fd), keyring, signer };
const manifest = Manifest.create({
  ...vault.options(),
  publicKey: signer.publicKey,
  sign: (message) => keyring.sign(message),
});
let copy: LogCopy;
let made = 0;

function newCopy(keys = keyring): LogCopy {
  return new LogCopy({ vaultFd: fd, uuid: vault.uuid, keyring: keys, manifest, log });
}

async function commitAndBring(): Promise<void> {
  made += 1;
  manifest.commit(make(manifest.newInode(), 1, `file ${made}`), [], []);
  await copy.bring();
}

beforeEach(() => {
  rmSync(logs, { recursive: true, force: true });
  copy = newCopy();
});
afterEach(() => copy.close());
afterAll(() => {
  closeSync(fd);
  manifest.close();
  keyring.wipe();
  vault.remove();
});

const path = (number: number): string => join(logs, `${String(number).padStart(8, '0')}.log`);
const names = (): string[] => readdirSync(logs).sort();

async function check() {
  return checkCopy(place, manifest);
}

async function scan(number: number) {
  const segment = openSync(path(number), 'r');
  try {
    return await scanSegment(segment, number, signer);
  } finally {
    closeSync(segment);
  }
}

/** Calls of read(2) and its kind that this process has made. */
function reads(): number {
  return Number(/^syscr: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

test('a name that somebody plants leaves the next segment a number that counts', async () => {
  mkdirSync(logs);
  writeFileSync(path(99_999_999), '');
  await commitAndBring();
  expect(names()).toEqual(['00000001.log']);
  expect(await check()).toMatchObject({ fault: null, records: manifest.head.size });
});

test('what can not be removed keeps no copy from being whole, nor has it written again and again', async () => {
  mkdirSync(path(1), { recursive: true });
  mkdirSync(path(7));
  for (let i = 0; i < 3; i++) await commitAndBring();
  expect(names()).toEqual(['00000001.log', '00000002.log', '00000007.log']);
  await copy.close();
  copy = newCopy();
  await commitAndBring();
  expect(names()).toEqual(['00000001.log', '00000003.log', '00000007.log']);
  expect((await check()).records).toBe(manifest.head.size);
});

test('what was begun and can not be ended is taken back', async () => {
  await commitAndBring();
  const { length } = readFileSync(path(1));
  const wiped = Keyring.generate(vault.uuid);
  const other = newCopy(wiped);
  wiped.wipe();
  await expect(other.bring()).rejects.toMatchObject({ code: 'EWIPED' });
  await other.close();
  expect(names()).toEqual(['00000001.log']);
  expect(statSync(path(1)).size).toBe(length);
});

test('of zeros without end behind a frame nothing is read', async () => {
  await commitAndBring();
  const whole = statSync(path(1)).size;
  // So many that what else reads in this process does not count beside them.
  const mib = 64;
  truncateSync(path(1), whole + mib * 1024 * 1024);
  const before = reads();
  expect(await scan(1)).toMatchObject({ whole });
  expect(reads() - before).toBeLessThan(16 * mib);
});

test('of a segment that is damaged all groups before that count', async () => {
  const ends: number[] = [];
  for (let i = 0; i < 9; i++) {
    await commitAndBring();
    ends.push(statSync(path(1)).size);
  }
  await copy.close();
  const bytes = readFileSync(path(1));
  for (const [group, end] of ends.entries()) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(end - 1) ^ 1, end - 1);
    writeFileSync(path(1), damaged);
    const scanned = await scan(1);
    expect(scanned?.whole).toBe(ends[group - 1] ?? 0);
    expect(scanned?.last?.length).toBe(group === 0 ? undefined : headEntryBytes);
  }
});

test('a segment that changes after it was looked at is malformed, whatever lengths it has now', async () => {
  await commitAndBring();
  await copy.close();
  const scanned = await scan(1);
  if (scanned === null) throw new Error('no segment');
  const read = async (): Promise<void> => {
    const segment = openSync(path(1), 'r');
    try {
      for await (const _ of entriesOf(segment, scanned, keyring, signer));
    } finally {
      closeSync(segment);
    }
  };
  await read();
  const bytes = readFileSync(path(1));
  bytes.writeUInt32LE(0xffff_ffff, 64);
  writeFileSync(path(1), bytes);
  await expect(read()).rejects.toThrow(MalformedBytes);
  for (const length of [bytes.length - 10, 66, 64]) {
    truncateSync(path(1), length);
    await expect(read()).rejects.toThrow(MalformedBytes);
  }
});

test('tells how far it is behind, for how long, and why', async () => {
  expect(copy.state).toEqual({ size: null, behindSeconds: 0, failing: null });
  await commitAndBring();
  const size = manifest.head.size;
  expect(copy.state).toEqual({ size, behindSeconds: 0, failing: null });
  made += 1;
  manifest.commit(make(manifest.newInode(), 1, `file ${made}`), [], []);
  copy.note();
  expect(copy.state).toMatchObject({ size, failing: null });
  expect(copy.state.behindSeconds).toBeGreaterThan(0);
  await copy.bring();
  expect(copy.state).toEqual({ size: manifest.head.size, behindSeconds: 0, failing: null });
  const wiped = Keyring.generate(vault.uuid);
  const other = newCopy(wiped);
  wiped.wipe();
  other.note();
  await other.bring().catch(() => undefined);
  expect(other.state).toMatchObject({ size: null, failing: 'EWIPED' });
  expect(other.state.behindSeconds).toBeGreaterThan(0);
  await other.close();
});

test('without memory for a segment none is made, and the next attempt makes it', async () => {
  const { plaintext } = system;
  system.plaintext = () => {
    throw Object.assign(new Error('no memory'), { code: 'ENOMEM' });
  };
  try {
    await expect(commitAndBring()).rejects.toThrow('no memory');
  } finally {
    system.plaintext = plaintext;
  }
  expect(names()).toEqual([]);
  await commitAndBring();
  expect(names()).toEqual(['00000001.log']);
  expect(await check()).toMatchObject({ fault: null, records: manifest.head.size });
});
