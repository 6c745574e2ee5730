/** A manifest of a later program. */
import Database from 'better-sqlite3-multiple-ciphers';
import { afterAll, expect, it } from 'vitest';
import { Manifest } from './manifest.js';
import { decodeRecord, encodeRecord } from './record-codec.js';
import { Snapshot } from './snapshot-reader.js';
import { Fixture } from './testing/fixture.js';

const vault = new Fixture();
afterAll(() => vault.remove());

const newer = (found: number) =>
  expect.objectContaining({ code: 'FORMAT_NEWER', context: expect.objectContaining({ found, reads: 1 }) });

it('is refused by the version of its tables', () => {
  vault.create().close();
  const db = new Database(vault.path);
  db.pragma("cipher = 'chacha20'");
  db.key(Buffer.concat([Buffer.from('raw:'), vault.key]));
  db.pragma('user_version = 2');
  db.close();
  expect(() => Manifest.open(vault.options())).toThrow(newer(2));
});

it('is refused by the version of a record, and of the snapshot', () => {
  const record = encodeRecord({ type: 'unlink', parent: 1, name: Buffer.from('a') }, 1n);
  record.writeUInt8(2, 1);
  expect(() => decodeRecord(record)).toThrow(newer(2));
  const snapshot = Buffer.alloc(4096);
  snapshot.write('SHERIN:S');
  snapshot.writeUInt32LE(3, 8);
  expect(() => new Snapshot(snapshot)).toThrow(newer(3));
});
