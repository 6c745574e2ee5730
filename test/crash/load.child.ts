/**
 * Writes at a mount without end, in one of several ways, and says what is begun and what was durable when it was said.
 * Arguments: the way, its directory, the number that it begins with.
 */
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { blockOf, pieceOf, recordBytes, records, replacedBytes } from './load.js';

const [way = '', directory = '', first = '0'] = process.argv.slice(2);

function say(word: string, number: number): void {
  writeSync(1, `${word} ${number}\n`);
}

function writeAll(fd: number, bytes: Buffer, at: number | null): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, at === null ? null : at + done);
}

/** A new file over the old one, durable with its name. */
function replace(number: number): void {
  const fresh = join(directory, 'fresh');
  const fd = openSync(fresh, 'w');
  writeAll(fd, replacedBytes(number), null);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(fresh, join(directory, `file-${number % 5}`));
  const parent = openSync(directory, 'r');
  fsyncSync(parent);
  closeSync(parent);
}

/** At the end of a file that stays open. */
function append(fd: number, number: number): void {
  writeAll(fd, pieceOf(number), null);
  fsyncSync(fd);
}

/** One of many records of one length, in its place. */
function overwrite(fd: number, number: number, bytes: Buffer): void {
  writeAll(fd, bytes, (number % records) * bytes.length);
  fsyncSync(fd);
}

/** Much, of all kinds, that nobody waits for. */
function churn(number: number): void {
  const folder = join(directory, `folder-${number}`);
  mkdirSync(folder);
  const path = join(folder, 'large');
  const fd = openSync(path, 'w');
  const bytes = replacedBytes(number);
  for (let at = 0; at < 8 * 1024 * 1024; at += bytes.length + 5_000) writeAll(fd, bytes, at);
  ftruncateSync(fd, 3 * 1024 * 1024 + 17);
  linkSync(path, join(folder, 'second'));
  symlinkSync('second', join(folder, 'link'));
  closeSync(fd);
  for (const name of ['large', 'second', 'link']) unlinkSync(join(folder, name));
  rmdirSync(folder);
}

const fd = way === 'append' ? openSync(join(directory, 'log'), 'a') : null;
const recordOf = new Map([
  ['overwrite', recordBytes],
  ['rewrite', blockOf],
]).get(way);
const kept = recordOf === undefined ? null : openSync(join(directory, 'records'), 'r+');
for (let number = Number(first); ; number++) {
  say('begin', number);
  if (way === 'replace') replace(number);
  if (way === 'churn') churn(number);
  if (fd !== null) append(fd, number);
  if (kept !== null && recordOf !== undefined) overwrite(kept, number, recordOf(number));
  say('end', number);
}
