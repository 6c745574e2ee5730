/** The ways to read that are timed. Each lets signals in now and then. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import type { Interrupt } from './interrupt.js';
import { mib, smallBytes } from './material.js';

/** Reads between two looks at the event loop. */
const stretch = 64;

/** Seconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - begin) / 1e9;
}

/** From start to end, in requests of 1 MiB; gives each to `seen`. */
export async function readThrough(
  path: string,
  interrupt: Interrupt,
  seen: (data: Buffer) => void = () => undefined,
): Promise<void> {
  const block = Buffer.allocUnsafe(mib);
  const fd = openSync(path, 'r');
  try {
    for (let count = 1; ; count++) {
      const bytes = readSync(fd, block);
      if (bytes === 0) return;
      seen(block.subarray(0, bytes));
      if (count % stretch === 0) await pause(interrupt);
    }
  } finally {
    closeSync(fd);
  }
}

/** Every 4 KiB of a file once, in the order given. */
export async function readRandomly(path: string, order: Uint32Array, interrupt: Interrupt): Promise<void> {
  const block = Buffer.allocUnsafe(smallBytes);
  const fd = openSync(path, 'r');
  try {
    for (const [count, at] of order.entries()) {
      if (readSync(fd, block, 0, smallBytes, at * smallBytes) !== smallBytes) throw differs(path);
      if (count % stretch === 0) await pause(interrupt);
    }
  } finally {
    closeSync(fd);
  }
}

/** Lists a tree and reads every file. */
export async function readTree(path: string, interrupt: Interrupt): Promise<void> {
  const block = Buffer.allocUnsafe(2 * smallBytes);
  for (const folder of readdirSync(path)) {
    for (const name of readdirSync(join(path, folder))) {
      const fd = openSync(join(path, folder, name), 'r');
      try {
        if (readSync(fd, block) !== smallBytes) throw differs(join(path, folder, name));
      } finally {
        closeSync(fd);
      }
    }
    await pause(interrupt);
  }
}

/** Numbers of `count` blocks in a random order. */
export function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let left = count - 1; left > 0; left--) {
    const other = Math.floor(Math.random() * (left + 1));
    [order[left], order[other]] = [order[other] ?? 0, order[left] ?? 0];
  }
  return order;
}

/** @throws SherinError IO where two files do not have the same bytes */
export async function compare(one: string, other: string, interrupt: Interrupt): Promise<void> {
  const [first, second] = [await hash(one, interrupt), await hash(other, interrupt)];
  if (first !== second) throw differs(other);
}

async function hash(path: string, interrupt: Interrupt): Promise<string> {
  const sum = createHash('sha256');
  await readThrough(path, interrupt, (data) => sum.update(data));
  return sum.digest('hex');
}

function differs(path: string): SherinError {
  return new SherinError('IO', { what: path, part: 'other bytes than were put in' });
}

async function pause(interrupt: Interrupt): Promise<void> {
  await setImmediate();
  interrupt.check();
}
