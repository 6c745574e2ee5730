/** What one sherin-fs tells the next. */
import { closeSync, fstatSync, writeSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { SherinError } from '../../../common/errors.js';
import { Channel } from '../../../fs/service/handover/channel.js';
import { descriptorsOf } from '../../../fs/service/handover/descriptors.fixture.js';
import {
  documentVersion,
  type HandingDocument,
  parseDocument,
  readDocument,
} from '../../../fs/service/handover/document.js';
import { attach, memfd, messageLimit, pair, sealMemfd } from '../../../native/ipc.js';
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

/** In which they are waited for, whoever says them. */
const order = ['hello', 'take', 'prepared', 'go', 'serving'] as const;

/** What a line ends with whose message comes with a descriptor. */
const carries = ' ';

const lines = (...said: readonly string[]): Buffer => Buffer.from(said.map((line) => `${line}\n`).join(''));

/** What an end of the channel hears: a message a line. */
export const handoverMessages: Target = {
  name: 'handover-messages',
  form: 'lines',
  begin() {
    const passed = memfd('sherin-fuzz', 0);
    const { ino } = fstatSync(passed);
    const word = (say: string, more: object = {}): string => JSON.stringify({ say, ...more });
    const hello = word('hello', { version: '1.0.0', document: documentVersion });
    const take = `${word('take')}${carries}`;
    const [prepared, go, serving] = [word('prepared'), word('go'), word('serving')];
    const failed = word('failed', { error: { code: 'VAULT_BUSY', context: { path: '/srv/vault' } } });
    return {
      seeds: [
        lines(hello, take, prepared, go, serving),
        lines(hello, failed),
        lines(hello, hello, take),
        lines(hello, take, prepared, go, serving, take),
        lines(`${hello}${carries}`, take),
      ],
      async run(input) {
        const said = input
          .toString('latin1')
          .split('\n')
          .map((line) => Buffer.from(line, 'latin1'))
          .filter((line) => line.length > 0 && line.length <= messageLimit);
        const [own, theirs] = pair();
        const channel = new Channel(own);
        const other = attach(theirs, { message: () => undefined, close: () => undefined });
        // One that ends takes no more.
        const sent = said.map((line) =>
          other.send(line, line.at(-1) === carries.charCodeAt(0) ? [passed] : []).catch(() => undefined),
        );
        for (const [at, word] of order.entries()) {
          if (at === said.length) other.close();
          const heard = await channel.hear(word, 10_000).catch((error: unknown) => {
            if (!(error instanceof SherinError)) throw error;
            return null;
          });
          // Nobody looks for any with another word.
          if (word === 'take') for (const fd of heard?.fds ?? []) closeSync(fd);
          if (heard !== null && !said.some((line) => isSame(line, heard.message)))
            throw new Error('a message is heard that nobody has said');
        }
        channel.close();
        other.close();
        await Promise.all(sent);
        if (descriptorsOf(ino) > 1) throw new Error('a descriptor is kept that came with a message');
      },
      end: () => closeSync(passed),
    };
  },
};

function isSame(line: Buffer, message: object): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(line.toString('utf8')), message);
  } catch {
    return false;
  }
}
