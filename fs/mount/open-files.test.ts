import { expect, it } from 'vitest';
import type { Node } from './node.js';
import { OpenFiles } from './open-files.js';
import type { OpenFile } from './source.js';

const caller = { uid: 0, gid: 0, pid: null };

/** A file whose content is named by a number, which the test changes; it answers an open when it is told to. */
function slowFile() {
  let content = 1;
  const opens: (() => void)[] = [];
  const opened = (size: number): OpenFile => ({
    size,
    readCached: () => undefined,
    read: async () => 0,
    close: () => undefined,
  });
  const node: Pick<Node, 'ino' | 'versioned' | 'open'> = {
    ino: 7,
    versioned: true,
    open() {
      const now = opened(content);
      return new Promise((resolve) => opens.push(() => resolve(now)));
    },
  };
  const change = (): void => {
    content += 1;
  };
  return { node: node as Node, change, answer: () => opens.shift()?.() };
}

it('goes to the present content where that has changed while it was opened', async () => {
  const open = new OpenFiles();
  const { node, change, answer } = slowFile();
  const opening = open.open(node, caller);
  change();
  open.changed(new Set([7]));
  answer();
  const handle = await opening;
  expect(open.presentFile(handle)).toBeUndefined();
  const read = open.present(handle);
  answer();
  expect((await read).file.size).toBe(2);
  expect(open.presentFile(handle)?.size).toBe(2);
});

it('keeps what it has opened where another file has changed meanwhile', async () => {
  const open = new OpenFiles();
  const { node, answer } = slowFile();
  const opening = open.open(node, caller);
  open.changed(new Set([8]));
  answer();
  expect(open.presentFile(await opening)?.size).toBe(1);
});
