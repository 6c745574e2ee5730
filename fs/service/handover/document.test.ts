import { closeSync, openSync, writeSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { memfd, sealMemfd } from '../../../native/ipc.js';
import { type HandingDocument, parseDocument, readDocument, writeDocument } from './document.js';
import { argumentsFor } from './successor.js';

const code = (name: string) => expect.objectContaining({ code: name });
const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const document: HandingDocument = {
  v: 2,
  mount: {
    info: { path: '/mnt/sherin', driver: 'native', allowOther: true, listIds: false },
    real: '/mnt/sherin',
    connection: {
      ...{ request: base64('hello'), answer: base64('well'), lookups: '', nextHandle: 2 ** 32 },
      generated: [[2 ** 52 + 1, ['ids', 'X']]],
      files: [{ handle: 1, node: 7, caller: { uid: 0, gid: 0, pid: null }, writes: true }],
      listings: [{ handle: 1, entries: [[base64('\xff name'), 7, 'file']] }],
    },
  },
  orphans: [
    {
      inode: {
        ...{ ino: 9, nlink: 0, size: 3, object: 0, version: 0, putIndex: -1, kind: 'file', mode: 0o600 },
        ...{ uid: 0, gid: 0, atime: '-1', mtime: '1', ctime: '1795775885961000001', target: null },
        xattrs: [[base64('user.a'), base64('b')]],
      },
      content: {
        base: { length: 0, node: base64('node') },
        ...{ cut: 0, length: 3, holes: [[0, 1]], slots: [[1, 5, base64('slot')]], written: '5' },
      },
    },
  ],
  nextInode: 10,
};

it('comes out as it went in', () => {
  const fd = writeDocument(document);
  open.push(fd);
  const read = readDocument(fd);
  expect(read.mount?.connection.answer.toString()).toBe('well');
  expect(read.mount?.connection.listings[0]?.entries[0]?.[0]).toEqual(Buffer.from('\xff name'));
  expect(read.orphans[0]?.inode.ctime).toBe(1_795_775_885_961_000_001n);
  expect(read.orphans[0]?.content?.slots).toEqual([[1, 5, Buffer.from('slot')]]);
});

it("is refused where it is another program's", () => {
  for (const other of [
    { ...document, v: 1 },
    { ...document, more: 1 },
    { v: 2 },
    null,
    { ...document, orphans: [{}] },
  ])
    expect(() => parseDocument(other)).toThrow(code('UPGRADE_FAILED'));
  const loose = memfd('loose', 8);
  open.push(loose, openSync('/dev/null', 'r'));
  for (const fd of [...open]) expect(() => readDocument(fd)).toThrow(code('UPGRADE_FAILED'));
});

it('is refused where it is no JSON', () => {
  for (const text of ['', '{"v":2', '{"v":2}}', '\0']) {
    const fd = memfd('torn', text.length);
    open.push(fd);
    if (text.length > 0) writeSync(fd, text);
    sealMemfd(fd);
    expect(() => readDocument(fd), text).toThrow(code('UPGRADE_FAILED'));
  }
});

it('starts the new one as this one was started, once', () => {
  const own = ['/opt/sherin/main.js', 'serve', '--vault', '/v', '--verify', 'cube'];
  const next = [...own, '--take-over', '4'];
  expect(argumentsFor(own)).toEqual(next);
  expect(argumentsFor(next)).toEqual(next);
  expect(argumentsFor(['main.js', 'serve', '--take-over', '4', '--vault', '/v'])).toEqual([
    ...['main.js', 'serve', '--vault', '/v', '--take-over', '4'],
  ]);
});
