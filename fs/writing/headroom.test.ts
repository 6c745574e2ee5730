import { expect, it } from 'vitest';
import { Headroom } from './headroom.js';

const mib = 1024 * 1024;

/** A disk with so much space, of which `spare` bytes can be given back. */
class Disk {
  dirty = 0;
  calls = 0;
  readonly headroom: Headroom;

  constructor(
    public free: number,
    public spare = 0,
  ) {
    this.headroom = new Headroom({
      dirty: () => this.dirty,
      available: async () => this.free,
      makeRoom: async () => {
        this.calls += 1;
        this.free += this.spare;
        this.spare = 0;
      },
    });
  }

  async write(bytes: number): Promise<void> {
    await this.headroom.during(bytes, async () => {
      this.dirty += bytes;
    });
  }
}

it('takes what is free less what is in memory, and nothing beyond', async () => {
  const disk = new Disk(10 * mib);
  for (let i = 0; i < 10; i++) await disk.write(mib);
  await expect(disk.write(1)).rejects.toMatchObject({ code: 'NO_SPACE' });
  // Sealed: it is on the disk, and no longer in memory.
  disk.free -= disk.dirty;
  disk.dirty = 0;
  await expect(disk.write(4096)).rejects.toMatchObject({ code: 'NO_SPACE' });
  disk.free += mib;
  await disk.write(mib);
});

it('promises nothing twice', async () => {
  const disk = new Disk(4 * mib);
  const written = await Promise.allSettled(Array.from({ length: 10 }, () => disk.write(mib)));
  expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  expect(disk.dirty).toBe(4 * mib);
});

it('has room made before it refuses, once for all who wait', async () => {
  const disk = new Disk(mib, 8 * mib);
  await disk.write(mib);
  expect(disk.calls).toBe(0);
  await Promise.all([disk.write(mib), disk.write(mib), disk.write(mib)]);
  expect(disk.calls).toBe(1);
  await expect(disk.headroom.require(100 * mib)).rejects.toMatchObject({ code: 'NO_SPACE' });
});

it('lets writers meet the disk itself where its space can not be told', async () => {
  const headroom = new Headroom({
    dirty: () => 0,
    available: () => Promise.reject(new Error('EIO')),
    makeRoom: async () => undefined,
  });
  await headroom.during(1024 * mib, async () => undefined);
  expect(headroom.scarce).toBe(false);
});
