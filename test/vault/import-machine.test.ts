import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTree, Machine } from './machine.js';

let machine: Machine;
beforeAll(() => {
  machine = Machine.start();
});
afterAll(() => machine.end());

describe('an imported tree', () => {
  it("of the machine's own documentation and headers, thousands of files, compares silently", () => {
    for (const tree of ['/usr/share/doc', '/usr/include']) {
      machine.ok('put', tree, `files${tree}`);
      expect(machine.shell(`diff -r --no-dereference ${tree} "$M/files${tree}"`)).toMatchObject({
        code: 0,
        out: '',
      });
      expect(listTree(join(machine.mount, `files${tree}`))).toBe(listTree(tree));
    }
  }, 300_000);
});
