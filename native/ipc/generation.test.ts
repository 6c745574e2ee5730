import { closeSync, fstatSync, ftruncateSync, writeSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { generationPage, generationView, memfd, sealMemfd } from '../ipc.js';

const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

test('who has mapped a page sees each change of its count, and its end', () => {
  const page = generationPage();
  const view = generationView(page.descriptor());
  expect([page.value(), view.value()]).toEqual([1, 1]);
  page.next();
  expect(view.value()).toBe(2);
  page.end();
  page.next();
  expect([page.value(), view.value()]).toEqual([0, 0]);
});

test('a view that was closed has no count; the page goes on', () => {
  const page = generationPage();
  const view = generationView(page.descriptor());
  view.close();
  view.close();
  expect([view.value(), page.value()]).toEqual([0, 1]);
});

test('nobody changes it through the descriptor, or takes the page away', () => {
  const page = generationPage();
  const fd = page.descriptor();
  expect(() => writeSync(fd, Buffer.alloc(8, 255), 0, 8, 0)).toThrow('EPERM');
  expect(() => ftruncateSync(fd, 0)).toThrow('EPERM');
  expect([page.value(), fstatSync(fd).size]).toEqual([1, 4096]);
});

test('what is no such page is not mapped', () => {
  const [loose, sealed] = [memfd('loose', 0), memfd('sealed', 4096)];
  open.push(loose, sealed);
  sealMemfd(sealed);
  for (const fd of [loose, sealed])
    expect(() => generationView(fd)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  expect(() => generationView(0.5 as number)).toThrow();
  expect(() => generationView(-1)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  // @ts-expect-error of another type
  expect(() => generationView('1')).toThrow(TypeError);
});

test('pages and views go with whoever has them', () => {
  for (let round = 0; round < 200; round++) {
    const page = generationPage();
    generationView(page.descriptor());
    page.next();
  }
});
