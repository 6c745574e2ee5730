/** What the policy says of giving up versions and of keys holds whoever orders it: the emergency stop, and the switch for modifications. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../vault/machine.js';
import { Sherind } from './sherind.js';

let machine: Machine;
let sherind: Sherind;

/** Each with the name of its action; all of them succeed where the policy lets them. */
const orders: readonly (readonly [string, ...string[]])[] = [
  ['gc', 'gc', '--keep-last', '1'],
  ['destroy', 'destroy', 'files/given-up', '--yes'],
  ['key_change', 'key', 'add', 'recovery', '--yes', '--recovery-out'],
  ['key_change', 'key', 'reseal'],
];

const path = (name: string): string => join(machine.mount, 'files', name);

function order([, ...words]: readonly [string, ...string[]], out: string) {
  const whole = words.at(-1) === '--recovery-out' ? [...words, out] : words;
  return machine.run(...whole);
}

async function denials(): Promise<unknown[]> {
  const { records } = await machine.call('audit.tail', { count: 100 });
  return records
    .map((record) => record as { event: string; meta: { operation?: unknown } })
    .filter(({ event }) => event === 'AUDIT_DENIED')
    .map(({ meta }) => meta.operation);
}

describe.runIf(process.getuid?.() === 0)('an order that the policy blocks', () => {
  beforeEach(async () => {
    machine = Machine.start();
    sherind = await Sherind.start(machine);
    writeFileSync(path('given-up'), 'content');
    writeFileSync(path('kept'), 'content');
  });
  afterEach(async () => {
    await sherind.end();
    machine.end();
  });

  const blocks = [
    ['emergency_stop', ['estop', 'on'], ['estop', 'off']],
    [
      'modification_disabled',
      ['policy', 'set', '--modification', 'off'],
      ['policy', 'set', '--modification', 'on'],
    ],
  ] as const;
  for (const [reason, begin, end] of blocks) {
    it(`is refused and recorded, also after a lock, until it ends: ${reason}`, async () => {
      machine.ok(...begin);
      expect(await denials()).toEqual([]);
      for (const opened of ['at once', 'after a lock']) {
        for (const each of orders) {
          const { code, err } = order(each, join(machine.home, `unmade-${reason}-${opened.length}`));
          expect([each, code, err]).toEqual([
            each,
            5,
            expect.stringContaining(`the policy blocks ${each[0]}: ${reason}`),
          ]);
        }
        // Repeated within the hour they are counted, not told again.
        expect(new Set(await denials())).toEqual(new Set(orders.map(([action]) => action)));
        if (opened === 'at once') {
          machine.ok('lock');
          machine.ok('unlock');
        }
      }
      // Who looks or writes is not held up.
      expect(machine.ok('gc', '--keep-last', '1', '--dry-run')).toContain('would');
      writeFileSync(path('kept'), 'goes on');
      expect(readFileSync(path('given-up'), 'utf8')).toBe('content');
      machine.ok(...end);
      const out = join(machine.home, `recovery-${reason}`);
      for (const each of orders) expect([each, order(each, out).code]).toEqual([each, 0]);
      rmSync(out);
    });
  }
});
