/**
 * A process that commits from the first byte on stdin until it is killed: `committer.js DIRECTORY SEED-HEX KEY-HEX`. Says the log's size on stdout
 * after each commit has returned. What it commits follows from the log's size alone.
 */
import { readSync, writeSync } from 'node:fs';
import type { Manifest } from '../manifest.js';
import type { Mutation } from '../records.js';
import { Fixture, make, putOf } from './fixture.js';

/** Inode numbers follow from the size of the log, so that any prefix of the history is known. */
export function nextBatch(size: number): Mutation[] {
  const ino = size + 1;
  const batch: Mutation[] = [
    ...make(ino, 1, `file ${size}`),
    putOf(ino, Buffer.from(`content ${size % 50}`)),
  ];
  if (size % 5 === 0) {
    const [name, newName] = [Buffer.from(`file ${size}`), Buffer.from(`moved ${size}`)];
    batch.push({ type: 'rename', parent: 1, name, newParent: 1, newName, exchange: false });
  }
  if (size % 7 === 0 && size > 20) batch.push({ type: 'quarantine', cube: quarantined(size), reason: 'tag' });
  return batch;
}

function quarantined(size: number): Extract<Mutation, { type: 'heal' }>['cube'] {
  return `${'a'.repeat(51)}${size % 2 === 0 ? 'a' : 'q'}` as Extract<Mutation, { type: 'heal' }>['cube'];
}

function commitForever(manifest: Manifest): never {
  for (let round = 0; ; round++) {
    manifest.commit(nextBatch(manifest.head.size), [], []);
    writeSync(1, `${manifest.head.size}\n`);
    if (round % 4 === 3) {
      manifest.snapshot();
      writeSync(1, `${manifest.head.size}\n`);
    }
    if (round % 6 === 5) manifest.resign();
  }
}

const [directory, seed, key] = process.argv.slice(2);
// Waits for a word, so that the next process can start up while the one before it works.
if (directory !== undefined && seed !== undefined && key !== undefined) {
  const vault = new Fixture({ directory, seed: Buffer.from(seed, 'hex'), key: Buffer.from(key, 'hex') });
  readSync(0, Buffer.alloc(1));
  commitForever(vault.open());
}
