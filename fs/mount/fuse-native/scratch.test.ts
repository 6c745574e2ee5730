import { describe, expect, it } from 'vitest';
import { ScratchPool } from './scratch.js';

describe('scratch buffers', () => {
  it('are wiped when given back and lent again', async () => {
    const pool = new ScratchPool({ size: 16, limit: 2, kept: 2 });
    const first = await pool.take(16);
    first.buffer.fill('secret');
    first.release(16);
    expect(first.buffer.equals(Buffer.alloc(16))).toBe(true);
    expect((await pool.take(3)).buffer).toBe(first.buffer);
  });

  it('make later askers wait at the limit, in order', async () => {
    const pool = new ScratchPool({ size: 16, limit: 1, kept: 1 });
    const first = await pool.take(16);
    const got: number[] = [];
    const second = pool.take(16).then((scratch) => {
      got.push(2);
      return scratch;
    });
    const third = pool.take(16).then(() => got.push(3));
    await Promise.resolve();
    expect(got).toEqual([]);
    first.release(16);
    (await second).release(16);
    await third;
    expect(got).toEqual([2, 3]);
  });

  it('wipe those made for a single large read too', async () => {
    const pool = new ScratchPool({ size: 16, limit: 1, kept: 1 });
    const large = await pool.take(17);
    large.buffer.fill('s');
    large.release(17);
    expect(large.buffer.equals(Buffer.alloc(17))).toBe(true);
  });
});
