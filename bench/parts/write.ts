/** W1: a large file written, and a tree unpacked, both durable at the end. W2: 4 KiB of a large file written anew, each durable. G1: what many small commits of SQLite leave on the disk. */

import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { command } from '../command.js';
import { fileHash, MiB, randomFile, randomTree, treeHash } from '../material.js';
import { inTurn, type Row, seconds } from '../measure.js';
import type { Store } from '../stores/store.js';
import type { Part, PartOptions } from './part.js';
import { residentRow } from './resident.js';
import { type OpenStores, withStores } from './stores.js';

/** Writes of W2 in a round, and commits of G1. */
const rewrites = 1_000;
const commits = 1_000;
const block = 4_096;

export const write: Part = async (options) => {
  const rows: Row[] = [];
  await withStores(options, async (stores) => {
    rows.push(
      await sequentialRow(options, stores),
      await unpackRow(options, stores),
      await rewriteRow(options, stores),
      await commitRow(options, stores),
      await residentRow('after W1, W2 and G1', stores),
    );
  });
  return rows;
};

async function sequentialRow(options: PartOptions, { place, all }: OpenStores): Promise<Row> {
  const source = join(place.path, 'source');
  const samples = await inTurn(options.rounds, all, async (store, round) => {
    options.say(`${store.name}: sequential write, round ${round + 1} (${place.name})`);
    // Content of its own each time: a vault stores equal content once.
    randomFile(source, options.fileBytes);
    const target = store.path(`sequential${round}`);
    const time = await seconds(async () => {
      await command('dd', [`if=${source}`, `of=${target}`, 'bs=1M', 'conv=fsync']);
    });
    if (fileHash(target) !== fileHash(source)) throw new Error(`${store.name} holds other bytes`);
    rmSync(source);
    return options.fileBytes / MiB / time;
  });
  const work = `sequential write of ${options.fileBytes / MiB} MiB, 1 MiB requests, with fsync`;
  return { id: 'W1', work, place: place.name, unit: 'MiB/s', better: 'more', samples };
}

async function unpackRow(options: PartOptions, { place, all }: OpenStores): Promise<Row> {
  const samples = await inTurn(options.rounds, all, async (store, round) => {
    options.say(`${store.name}: tar x, round ${round + 1} (${place.name})`);
    const source = join(place.path, 'unpacked');
    const archive = join(place.path, 'archive.tar');
    randomTree(source, options.files);
    await command('tar', ['cf', archive, '-C', source, '.']);
    const target = store.path(`unpacked${round}`);
    await mkdir(target);
    const time = await seconds(async () => {
      await command('tar', ['xf', archive, '-C', target]);
      await store.settle();
    });
    if (treeHash(target) !== treeHash(source)) throw new Error(`${store.name} holds other bytes`);
    rmSync(source, { recursive: true });
    rmSync(archive);
    return time;
  });
  const work = `\`tar x\` of ${options.files.toLocaleString('en-US')} files of 4 KiB, durable`;
  return { id: 'W1', work, place: place.name, unit: 's', better: 'less', samples };
}

async function rewriteRow(options: PartOptions, { place, all }: OpenStores): Promise<Row> {
  const prepared = new Set<Store>();
  const samples = await inTurn(options.rounds, all, async (store, round) => {
    options.say(`${store.name}: rewrites, round ${round + 1} (${place.name})`);
    const path = store.path('rewritten');
    if (!prepared.has(store)) {
      randomFile(path, options.fileBytes);
      await store.settle();
      prepared.add(store);
    }
    const blocks = options.fileBytes / block;
    const file = openSync(path, 'r+');
    try {
      const time = await seconds(() => {
        for (let i = 0; i < rewrites; i++) {
          writeSync(file, randomBytes(block), 0, block, randomInt(blocks) * block);
          fsyncSync(file);
        }
      });
      return (time / rewrites) * 1000;
    } finally {
      closeSync(file);
    }
  });
  const work = `4 KiB of a file of ${options.fileBytes / MiB} MiB written anew, with fsync`;
  return { id: 'W2', work, place: place.name, unit: 'ms', better: 'less', samples };
}

/** In MiB that the store has grown by. */
async function commitRow(options: PartOptions, { place, all }: OpenStores): Promise<Row> {
  const samples = await inTurn(1, all, async (store) => {
    options.say(`${store.name}: commits of SQLite (${place.name})`);
    await store.settle();
    // What was written before would else come to lie on the disk meanwhile.
    await store.rest?.();
    const before = await bytesBelow(place.path);
    const database = new Database(store.path('commits.db'));
    database.pragma('journal_mode = wal');
    database.pragma('synchronous = full');
    database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)');
    const insert = database.prepare('INSERT INTO t (b) VALUES (?)');
    for (let i = 0; i < commits; i++) insert.run('a row of a hundred bytes or so '.repeat(3));
    database.close();
    await store.settle();
    return ((await bytesBelow(place.path)) - before) / MiB;
  });
  const work = `disk used by ${commits.toLocaleString('en-US')} commits of SQLite of one row each`;
  return { id: 'G1', work, place: place.name, unit: 'MiB', better: 'less', samples };
}

/** What is stored, without the mounts themselves. */
async function bytesBelow(path: string): Promise<number> {
  return Number((await command('du', ['-sxB1', path])).split('\t')[0]);
}
