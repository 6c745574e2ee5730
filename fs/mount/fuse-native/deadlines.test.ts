import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from './deadlines.js';

describe('deadlines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('expire each item at its time, in order', () => {
    const deadlines = new Deadlines(1_000);
    const expired: string[] = [];
    const item = (name: string) => ({ expire: () => expired.push(name) });
    deadlines.add(item('a'));
    vi.advanceTimersByTime(400);
    deadlines.add(item('b'));
    vi.advanceTimersByTime(599);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['a']);
    vi.advanceTimersByTime(400);
    expect(expired).toEqual(['a', 'b']);
  });

  it('leave alone what is done, and no timer behind', () => {
    const deadlines = new Deadlines(1_000);
    const done = { expire: vi.fn() };
    deadlines.add(done);
    deadlines.remove(done);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(2_000);
    expect(done.expire).not.toHaveBeenCalled();
  });
});
