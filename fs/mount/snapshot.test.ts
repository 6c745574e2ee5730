import { describe, expect, it } from 'vitest';
import { SnapshotKeeper } from './snapshot.js';

function counter(): () => Buffer {
  let count = 0;
  return () => Buffer.from(String(++count));
}

describe('snapshots', () => {
  it('serve a reader what the kernel was told', async () => {
    const keeper = new SnapshotKeeper(counter(), 60_000);
    const told = await keeper.current();
    expect((await keeper.open()).snapshot).toBe(told);
    expect(await keeper.current()).toBe(told);
  });

  it('are new, with another time, once the kernel has forgotten', async () => {
    const keeper = new SnapshotKeeper(counter(), 60_000);
    const first = await keeper.current();
    keeper.forget();
    const second = (await keeper.open()).snapshot;
    expect(second.content.toString()).toBe('2');
    expect(second.time).toBeGreaterThan(first.time);
  });

  it('are new at each open where the kernel keeps nothing', async () => {
    const keeper = new SnapshotKeeper(counter(), 0);
    await keeper.current();
    expect((await keeper.open()).snapshot.content.toString()).toBe('2');
    expect((await keeper.open()).snapshot.content.toString()).toBe('3');
  });

  it('are told again where the kernel keeps nothing: who asks for a size alone makes no content', async () => {
    const keeper = new SnapshotKeeper(counter(), 0);
    const told = await keeper.current();
    expect(await keeper.current()).toBe(told);
    const opened = (await keeper.open()).snapshot;
    expect(await keeper.current()).toBe(opened);
    keeper.forget();
    expect((await keeper.current()).content.toString()).toBe('3');
  });

  it('do not remember a failure', async () => {
    let fails = true;
    const keeper = new SnapshotKeeper(() => {
      if (fails) throw new Error('not now');
      return Buffer.from('now');
    }, 60_000);
    await expect(keeper.current()).rejects.toThrow('not now');
    fails = false;
    expect((await keeper.current()).content.toString()).toBe('now');
  });
});
