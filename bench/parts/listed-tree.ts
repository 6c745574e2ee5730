/** R5: a tree listed cold, then read: the time of both, and that all bytes are right. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { randomTree, treeHash } from '../material.js';
import { seconds } from '../measure.js';
import { onCpu0, readTree } from '../program.js';
import { cold } from '../stores/cold.js';
import type { Store } from '../stores/store.js';

export interface SourceTree {
  /** Where it lies outside all stores. */
  readonly path: string;
  readonly files: number;
  readonly hash: string;
}

/** Makes a tree of random files of 4 KiB. */
export function makeTree(parent: string, name: string, files: number): SourceTree {
  const path = join(parent, name);
  randomTree(path, files);
  return { path, files, hash: treeHash(path) };
}

/** Seconds for `ls -lR`, cold, and then for reading all files of a tree that the store holds as `name`; `pinned`: from CPU 0. */
export async function listThenRead(
  store: Store,
  name: string,
  source: SourceTree,
  pinned = false,
): Promise<{ readonly listed: number; readonly read: number }> {
  const path = store.path(name);
  await cold(store);
  const listed = await seconds(() => list(path, pinned));
  const { ops, bytes, seconds: read } = await readTree(path, pinned);
  if (ops !== source.files || bytes !== source.files * 4096)
    throw new Error(`${store.name} gave ${ops} files and ${bytes} bytes`);
  if (treeHash(path) !== source.hash) throw new Error(`${store.name} gave other bytes`);
  return { listed, read };
}

async function list(path: string, pinned: boolean): Promise<void> {
  const [program, ...args] = pinned ? onCpu0('ls', '-lR', path) : ['ls', '-lR', path];
  const [status] = await once(spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  if (status !== 0) throw new Error(`ls -lR ${path} ended with ${status}`);
}
