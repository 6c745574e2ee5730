import { describe, expect, test } from 'vitest';
import { type CounterLoss, judgeCounter } from './counter.js';

describe('judgeCounter', () => {
  const rows: [counter: bigint | CounterLoss, nv: bigint, verdict: string, words?: readonly string[]][] = [
    [5n, 5n, 'serve'],
    [5n, 6n, 'increment-then-serve'],
    [0n, 0n, 'serve'],
    [0n, 1n, 'increment-then-serve'],
    [5n, 4n, 'ROLLBACK', ['4', '5']],
    [5n, 0n, 'ROLLBACK', ['0', '5']],
    [5n, 7n, 'COUNTER_LOST', ['7', '5']],
    [1n, 900n, 'COUNTER_LOST', ['900', '1']],
    ['gone', 5n, 'COUNTER_LOST', ['5', 'no such counter']],
    ['replaced', 5n, 'COUNTER_LOST', ['5', 'another NV index']],
    ['foreign', 5n, 'COUNTER_LOST', ['5', 'does not open']],
    [2n ** 63n, 2n ** 63n, 'serve'],
    [2n ** 63n, 2n ** 63n + 1n, 'increment-then-serve'],
    [2n ** 63n, 2n ** 63n - 1n, 'ROLLBACK', [String(2n ** 63n)]],
  ];
  for (const [counter, nv, wanted, words = []] of rows) {
    test(`counter ${counter}, head ${nv}: ${wanted}`, () => {
      const verdict = judgeCounter(counter, nv);
      expect(verdict.action === 'refuse' ? verdict.code : verdict.action).toBe(wanted);
      if (verdict.action === 'refuse') for (const word of words) expect(verdict.part).toContain(word);
    });
  }
});
