/** The emotional state of a sherind that was killed is that of the next one. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { flip } from '../vault/damage.js';
import { Machine } from '../vault/machine.js';
import { Sherind } from './sherind.js';

let machine: Machine;
let sherind: Sherind;

beforeEach(async () => {
  machine = Machine.start();
  sherind = await Sherind.start(machine);
});
afterEach(async () => {
  await sherind.end();
  machine.end();
});

/** Once there is a policy to be asked. */
async function safety(): Promise<number | undefined> {
  for (;;) {
    const found = await sherind.call('emotion.get').catch(() => null);
    const one = found?.dimensions.find(({ name }) => name === 'safety');
    if (one !== undefined) return one.value;
    await sleep(50);
  }
}

it('safety that a damaged cube has cost is lost after a kill, too', async () => {
  machine.ok('unlock');
  expect(await safety()).toBe(1);
  writeFileSync(join(machine.home, 'one'), 'content');
  machine.ok('put', join(machine.home, 'one'), 'files/one');
  const path = await machine.cubeOf('files/one');
  flip(path, statSync(path).size - 1);
  expect(() => readFileSync(join(machine.mount, 'files/one'))).toThrow();
  while ((await safety()) === 1) await sleep(20);
  expect(await sherind.kill('SIGKILL')).toBe('SIGKILL');
  sherind = await Sherind.start(machine);
  expect(await safety()).toBe(0.9);
});
