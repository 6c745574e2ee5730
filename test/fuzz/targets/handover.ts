/** What one sherin-fs tells the next. */
import { closeSync, writeSync } from 'node:fs';
import {
  documentVersion,
  type HandingDocument,
  parseDocument,
  readDocument,
} from '../../../fs/service/handover/document.js';
import { memfd, sealMemfd } from '../../../native/ipc.js';
import { answer, type Target } from '../target.js';

const bytes = Buffer.from('bytes').toString('base64');
const caller = { uid: 0, gid: null, pid: 7, groups: [0, 4], program: '/bin/sh' };
const document: HandingDocument = {
  v: documentVersion,
  mount: {
    info: { path: '/mnt/sherin', driver: 'native', allowOther: true, listIds: false },
    real: '/mnt/sherin',
    connection: {
      ...{ request: bytes, answer: bytes, lookups: '', nextHandle: 2 ** 32 },
      generated: [[2 ** 52 + 1, ['ids', 'X']]],
      files: [
        { handle: 1, node: 7, caller, writes: true },
        { handle: 2, node: ['ids', 'X'], caller: { uid: 1, gid: 1, pid: null }, writes: false },
      ],
      listings: [{ handle: 1, entries: [[bytes, 7, 'file']] }],
    },
  },
  orphans: [
    {
      inode: {
        ...{ ino: 9, nlink: 0, size: 3, object: 0, version: 0, putIndex: -1, kind: 'file', mode: 0o600 },
        ...{ uid: 0, gid: 0, atime: '-1', mtime: '1', ctime: '1795775885961000001', target: null },
        xattrs: [[bytes, bytes]],
      },
      content: {
        base: { length: 0, node: bytes },
        ...{ cut: 0, length: 3, holes: [[0, 1]], slots: [[1, 5, bytes]], written: '5' },
      },
    },
  ],
  nextInode: 10,
};
const unmounted: HandingDocument = { ...document, mount: null, orphans: [] };

/** In the form that it is written in. */
function written(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, written(one)]));
}

export const handedDocument: Target = {
  name: 'handed-document',
  form: 'json',
  begin: () => ({
    seeds: [document, unmounted].map((one) => Buffer.from(JSON.stringify(one))),
    run(input) {
      const fd = memfd('sherin-fuzz', input.length);
      try {
        if (input.length > 0) writeSync(fd, input);
        sealMemfd(fd);
        const read = answer(() => readDocument(fd));
        if (read === undefined) return;
        const text = JSON.stringify(written(read));
        if (JSON.stringify(written(parseDocument(JSON.parse(text)))) !== text)
          throw new Error('what is handed on is read as something else');
      } finally {
        closeSync(fd);
      }
    },
  }),
};
