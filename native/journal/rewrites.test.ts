import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppendHead, type Entry, readEntries } from '../../fs/writing/journal/entries.js';
import { FrameChain, frameBytes, frameHeadBytes, frameLength } from '../../fs/writing/journal/frames.js';
import { headBytes, newSegmentHead, tagBytes } from '../../fs/writing/journal/segment-head.js';
import { keyringOf } from '../codec/vault.fixture.js';
import { Rewrites } from '../index.js';

const keyring = keyringOf(Buffer.alloc(32, 3), Buffer.alloc(16, 4));
const block = 4096;
const file = { inode: 7, version: 3, length: 100 * block + 17, written: 5n };
const head = newSegmentHead(2, Buffer.alloc(8, 9), Buffer.alloc(tagBytes, 1));

let directory: string;
let path: string;
let fd: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sherin-rewrites-'));
  path = join(directory, 'segment');
  writeFileSync(path, Buffer.alloc(headBytes + 400_000));
  fd = openSync(path, 'r+');
});
afterEach(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

function lent(capacity = headBytes + 400_000, descriptor = fd): Rewrites {
  const place = { at: headBytes, capacity, head: head.bytes, salt: head.salt, segment: head.number };
  return new Rewrites(
    keyring,
    descriptor,
    { ...place, index: 0, tag: head.before, append: 12, oldest: 1, next: 44 },
    file,
  );
}

/** What a reader of the journal finds. */
function frames(): (Entry | AppendHead)[][] {
  const bytes = readFileSync(path);
  const chain = new FrameChain(keyring, head);
  const found: (Entry | AppendHead)[][] = [];
  for (let at = headBytes; ; ) {
    const length = frameLength(bytes.subarray(at, at + frameHeadBytes));
    if (length === 0) return found;
    const plain = Buffer.alloc(length);
    const body = bytes.subarray(at + frameHeadBytes, at + frameBytes(length));
    expect(chain.open(body, plain)).toBe(true);
    found.push([...readEntries(plain)]);
    at += frameBytes(length);
  }
}

describe('Rewrites', () => {
  it('appends what was written as the journal has it, and nothing where nothing was', () => {
    const rewrites = lent();
    const [one, two, three] = [randomBytes(block), randomBytes(2 * block), randomBytes(block)];
    expect(rewrites.write(3 * block, one)).toBe(true);
    expect(rewrites.sync()).toBe(true);
    expect(rewrites.sync()).toBe(true);
    expect(rewrites.write(8 * block, two)).toBe(true);
    expect(rewrites.write(3 * block, three)).toBe(true);
    expect(rewrites.sync()).toBe(true);

    const state = rewrites.revoke();
    const of = { inode: 7, version: 3 };
    const data = (at: number, bytes: Buffer): Entry => ({ type: 'data', ...of, offset: at * block, bytes });
    const length = { type: 'length', ...of, cut: file.length, length: file.length };
    expect(frames()).toEqual([
      [
        { type: 'append', number: 12, count: 2, oldest: 1, next: 44 },
        { ...length, written: expect.any(BigInt) },
        data(3, one),
      ],
      [
        { type: 'append', number: 13, count: 4, oldest: 1, next: 44 },
        { ...length, written: state.written },
        data(8, two.subarray(0, block)),
        data(9, two.subarray(block)),
        data(3, three),
      ],
    ]);
    expect(state).toMatchObject({ index: 2, append: 14, told: 4, failed: false });
    expect([...state.offsets]).toEqual([3, 8, 9, 3].map((at) => at * block));
    expect(state.syncs).toHaveLength(3);
  });

  it('gives back what was written in its order, told and untold, and takes no more', () => {
    const rewrites = lent();
    const blocks = [1, 2, 3].map(() => randomBytes(block));
    for (const [at, bytes] of blocks.entries()) {
      expect(rewrites.write(at * block, bytes)).toBe(true);
      if (at === 1) expect(rewrites.sync()).toBe(true);
    }
    expect(rewrites.look().told).toBe(2);
    rewrites.release(1);
    const { offsets, told } = rewrites.revoke();
    expect([...offsets]).toEqual([block, 2 * block]);
    expect(told).toBe(1);
    const target = Buffer.alloc(block);
    rewrites.copy(1, target);
    expect(target).toEqual(blocks[2]);
    expect(rewrites.write(0, target)).toBe(false);
    expect(rewrites.sync()).toBe(false);
    rewrites.release(2);
    expect(() => rewrites.copy(0, target)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(frames()).toHaveLength(1);
  });

  it('leaves to JavaScript what is no whole block within the file, and more than an append takes', () => {
    const rewrites = lent();
    const bytes = Buffer.alloc(block);
    expect(rewrites.write(1, bytes)).toBe(false);
    expect(rewrites.write(0, bytes.subarray(1))).toBe(false);
    expect(rewrites.write(0, Buffer.alloc(0))).toBe(false);
    expect(rewrites.write(100 * block, bytes)).toBe(false);
    expect(rewrites.write(2 ** 53 - block, bytes)).toBe(false);
    for (let at = 0; at < 16; at++) expect(rewrites.write(at * block, bytes)).toBe(true);
    expect(rewrites.write(0, bytes)).toBe(false);
    expect(rewrites.sync()).toBe(true);
    expect(rewrites.write(0, bytes)).toBe(true);
  });

  it('holds a bounded number of blocks', () => {
    const rewrites = lent(headBytes + 2 ** 21);
    let held = 0;
    while (rewrites.write(0, Buffer.alloc(block)) && rewrites.sync()) held += 1;
    expect(held).toBe(256);
    rewrites.release(1);
    expect(rewrites.write(0, Buffer.alloc(block))).toBe(true);
  });

  it('leaves to JavaScript what does not fit into the segment, without a fault', () => {
    const rewrites = lent(headBytes + 5000);
    const bytes = Buffer.alloc(block);
    expect(rewrites.write(0, bytes) && rewrites.sync()).toBe(true);
    expect(rewrites.write(0, bytes)).toBe(true);
    expect(rewrites.sync()).toBe(false);
    expect(rewrites.revoke()).toMatchObject({ told: 1, failed: false, index: 1 });
  });

  it('says when the journal is of no use any more, and does not write to it again', () => {
    const full = openSync('/dev/full', 'r+');
    const rewrites = lent(headBytes + 400_000, full);
    closeSync(full);
    expect(rewrites.write(0, Buffer.alloc(block))).toBe(true);
    expect(rewrites.sync()).toBe(false);
    expect(rewrites.write(0, Buffer.alloc(block))).toBe(false);
    expect(rewrites.sync()).toBe(false);
    expect(rewrites.revoke()).toMatchObject({ told: 0, failed: true, index: 1 });
  });
});
