/** sherin-fs is replaced while programs hold files open: they see no error and no wrong byte. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { gone } from './wait.js';

let machine: Machine;

beforeAll(() => {
  machine = Machine.start();
});
afterAll(() => machine.end());

class Holder {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn('python3', [join(import.meta.dirname, 'holder.py'), machine.mount]);
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async holding(): Promise<void> {
    expect((await this.#lines.next()).value).toBe('holding');
  }

  async end(): Promise<Record<string, unknown>> {
    this.#child.stdin.write('\n');
    const { value } = await this.#lines.next();
    await once(this.#child, 'exit');
    return JSON.parse(value) as Record<string, unknown>;
  }
}

const allWell = {
  ...{ errors: [], goesOn: true, log: true, listed: 600, held: true, inner: true },
  ...{ nameless: true, namelessAgain: true, namelessLinks: 0 },
};

it('readers and writers see no error and no wrong byte', async () => {
  const holder = new Holder();
  await holder.holding();
  const before = machine.fsPid;
  const { pid } = await machine.call('upgrade', {});
  await gone(before);
  expect(pid).not.toBe(before);
  expect(await holder.end()).toMatchObject(allWell);
  const { fs, vault, mount } = await machine.call('status', {});
  expect({ pid: fs.pid, state: vault.state, path: mount?.path }).toEqual({
    ...{ pid, state: 'unlocked', path: machine.mount },
  });
});
