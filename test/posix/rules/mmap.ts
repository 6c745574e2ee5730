import {
  MAP_PRIVATE,
  MAP_SHARED,
  MS_ASYNC,
  MS_SYNC,
  noFile,
  O_APPEND,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  page as size,
} from '../constants.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'mmap(2)';
const posix = 'POSIX mmap()';
const both = PROT_READ | PROT_WRITE;

function map(t: Scene, fd: number, protection = both, flags = MAP_SHARED, offset = 0, length = size) {
  return t.me.call('mmap', fd, length, protection, flags, offset);
}
/** Opens a new file and maps its first page. */
async function mapped(t: Scene, content: string, flags = MAP_SHARED): Promise<[number, number]> {
  const fd = await t.opened('f', O_RDWR, content);
  return [await map(t, fd, both, flags), fd];
}

export const mmap: Operation = {
  name: 'mmap, msync, munmap',
  rules: [
    gives('shows the bytes of the file', posix, 'abc', async (t) => {
      const [address] = await mapped(t, 'abc');
      return t.me.call('peek', address, 3);
    }),
    gives('shows zeros behind the end of the file within the page', posix, 'abc\0\0', async (t) => {
      const [address] = await mapped(t, 'abc');
      return t.me.call('peek', address, 5);
    }),
    gives('shows the bytes at an offset', posix, 'y', async (t) => {
      const fd = await t.opened('f', O_RDONLY, `${'x'.repeat(size)}y`);
      return t.me.call('peek', await map(t, fd, PROT_READ, MAP_SHARED, size), 1);
    }),
    gives('shows what is written afterwards', posix, 'new', async (t) => {
      const [address, fd] = await mapped(t, 'old');
      await t.me.call('peek', address, 3);
      await t.me.pwrite(fd, 'new', 0);
      return t.me.call('peek', address, 3);
    }),
    gives('shows what another process writes', posix, 'new', async (t) => {
      const [address] = await mapped(t, 'old');
      await t.me.call('peek', address, 3);
      await t.peer.pwrite(await t.peer.open('f', O_WRONLY), 'new', 0);
      return t.me.call('peek', address, 3);
    }),
    gives('stays after the descriptor is closed', posix, 'abc', async (t) => {
      const [address, fd] = await mapped(t, 'abc');
      await t.me.close(fd);
      return t.me.call('peek', address, 3);
    }),
    gives('stays after the name is gone', posix, 'abc', async (t) => {
      const [address] = await mapped(t, 'abc');
      await t.me.call('unlink', 'f');
      return t.me.call('peek', address, 3);
    }),
    gives('MAP_SHARED: what is stored is read by others', posix, 'XXX', async (t) => {
      const [address] = await mapped(t, 'abc');
      await t.me.call('poke', address, 'XXX');
      return t.content('f', t.peer);
    }),
    gives('MAP_SHARED: two processes see each other’s bytes', posix, 'XXX', async (t) => {
      const [address] = await mapped(t, 'abc');
      const fd = await t.peer.open('f', O_RDWR);
      const second = await t.peer.call('mmap', fd, size, both, MAP_SHARED, 0);
      await t.me.call('poke', address, 'XXX');
      return t.peer.call('peek', second, 3);
    }),
    gives('MAP_SHARED: what is stored is there after munmap', posix, 'XXX', async (t) => {
      const [address] = await mapped(t, 'abc');
      await t.me.call('poke', address, 'XXX');
      await t.me.call('munmap', address, size);
      return t.content('f');
    }),
    gives('MAP_SHARED: does not make the file longer', posix, ['abX', 3], async (t) => {
      const [address] = await mapped(t, 'abc');
      await t.me.call('poke', address, 'abXXX');
      return [await t.content('f'), await t.size('f')];
    }),
    gives('MAP_SHARED: fills a hole', posix, 'XXX', async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('ftruncate', fd, 4 * size);
      await t.me.call('poke', await map(t, fd, both, MAP_SHARED, 2 * size), 'XXX');
      return t.me.pread(fd, 3, 2 * size);
    }),
    gives('MAP_SHARED: msync marks mtime and ctime', 'POSIX msync()', ['ctime', 'mtime'], async (t) => {
      const [address] = await mapped(t, 'abc');
      return t.marked('f', async () => {
        await t.me.call('poke', address, 'XXX');
        await t.me.call('msync', address, size, MS_SYNC);
      });
    }),
    gives('MAP_SHARED: msync with MS_ASYNC', 'POSIX msync()', 0, async (t) => {
      const [address] = await mapped(t, 'abc');
      await t.me.call('poke', address, 'XXX');
      return t.me.call('msync', address, size, MS_ASYNC);
    }),
    gives('MAP_SHARED: fsync writes what was stored', posix, [0, 'XXX'], async (t) => {
      const [address, fd] = await mapped(t, 'abc');
      await t.me.call('poke', address, 'XXX');
      return [await t.me.call('fsync', fd), await t.content('f')];
    }),
    gives('MAP_PRIVATE: what is stored is one’s own', posix, ['XXX', 'abc'], async (t) => {
      const [address] = await mapped(t, 'abc', MAP_PRIVATE);
      await t.me.call('poke', address, 'XXX');
      return [await t.me.call('peek', address, 3), await t.content('f')];
    }),
    gives('MAP_PRIVATE: is written through a descriptor for reading', posix, 'XXX', async (t) => {
      const address = await map(t, await t.opened('f', O_RDONLY, 'abc'), both, MAP_PRIVATE);
      await t.me.call('poke', address, 'XXX');
      return t.me.call('peek', address, 3);
    }),
    gives('MAP_PRIVATE: marks neither mtime nor ctime', posix, true, async (t) => {
      const [address] = await mapped(t, 'abc', MAP_PRIVATE);
      const marked = await t.marked('f', () => t.me.call('poke', address, 'XXX'));
      return !marked.includes('mtime') && !marked.includes('ctime');
    }),
    gives('may be mapped to run', page, 'abc', async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      return t.me.call('peek', await map(t, fd, PROT_READ | PROT_EXEC, MAP_PRIVATE), 3);
    }),
    gives('a page behind the end of the file gives SIGBUS', posix, 'SIGBUS', async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abc');
      const address = await map(t, fd, both, MAP_SHARED, 0, 2 * size);
      return t.me.call('peek_in_child', address + size);
    }),
    gives('a page that a truncation took gives SIGBUS', posix, 'SIGBUS', async (t) => {
      const fd = await t.opened('f', O_RDWR, 'x'.repeat(2 * size));
      const address = await map(t, fd, both, MAP_SHARED, 0, 2 * size);
      await t.me.call('peek', address + size, 1);
      await t.me.call('ftruncate', fd, 1);
      return t.me.call('peek_in_child', address + size);
    }),
    gives('a truncation makes zeros of what is left of the page', posix, 'a\0\0', async (t) => {
      const [address, fd] = await mapped(t, 'abc');
      await t.me.call('peek', address, 3);
      await t.me.call('ftruncate', fd, 1);
      return t.me.call('peek', address, 3);
    }),
    gives('a page shows what the file got when it became longer', posix, 'y', async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abc');
      const address = await map(t, fd, both, MAP_SHARED, 0, 2 * size);
      await t.me.pwrite(fd, 'y', size);
      return t.me.call('peek', address + size, 1);
    }),
    gives('a store into a mapping for reading gives SIGSEGV', posix, 'SIGSEGV', async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abc');
      return t.me.call('poke_in_child', await map(t, fd, PROT_READ), 'X');
    }),
    gives('a child shares what its parent has mapped', 'POSIX fork()', 'X', async (t) => {
      const [address] = await mapped(t, 'abc');
      await t.me.call('poke_in_child', address, 'X');
      return t.me.call('peek', address, 1);
    }),
    refuses('EBADF', 'the descriptor is not open', page, (t) => map(t, noFile)),
    refuses('EBADF', 'the descriptor is one of O_PATH', 'open(2)', async (t) =>
      map(t, await t.opened('f', O_PATH)),
    ),
    refuses('EACCES', 'the descriptor is open for writing only', page, async (t) =>
      map(t, await t.opened('f', O_WRONLY, 'abc'), PROT_READ),
    ),
    refuses('EACCES', 'MAP_SHARED for writing and a descriptor for reading', page, async (t) =>
      map(t, await t.opened('f', O_RDONLY, 'abc')),
    ),
    gives('MAP_SHARED for writing and a descriptor for appending', posix, 'abc', async (t) =>
      t.me.call('peek', await map(t, await t.opened('f', O_RDWR | O_APPEND, 'abc')), 3),
    ),
    refuses('ENODEV', 'the file is a directory', page, async (t) =>
      map(t, await t.me.open('.', O_RDONLY), PROT_READ),
    ),
    refuses('ENODEV', 'the file is a FIFO', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return map(t, await t.me.open('p', O_RDWR));
    }),
    refuses('EINVAL', 'the length is 0', page, async (t) =>
      map(t, await t.opened('f', O_RDWR, 'abc'), both, MAP_SHARED, 0, 0),
    ),
    refuses('EINVAL', 'the offset is no multiple of a page', page, async (t) =>
      map(t, await t.opened('f', O_RDWR, 'abc'), both, MAP_SHARED, 1),
    ),
    refuses('EINVAL', 'neither shared nor private', page, async (t) =>
      map(t, await t.opened('f', O_RDWR, 'abc'), both, 0),
    ),
    refuses('EINVAL', 'msync: the address is not that of a page', 'msync(2)', async (t) => {
      const [address] = await mapped(t, 'abc');
      return t.me.call('msync', address + 1, size, MS_SYNC);
    }),
    refuses('EINVAL', 'msync: MS_SYNC together with MS_ASYNC', 'msync(2)', async (t) => {
      const [address] = await mapped(t, 'abc');
      return t.me.call('msync', address, size, MS_SYNC | MS_ASYNC);
    }),
    refuses('ENOMEM', 'msync: nothing is mapped there', 'msync(2)', async (t) => {
      const [address] = await mapped(t, 'abc');
      await t.me.call('munmap', address, size);
      return t.me.call('msync', address, size, MS_SYNC);
    }),
    ...asUser(
      gives('MAP_SHARED: a store after write permission went is written', posix, 'XXX', async (t) => {
        const [address] = await mapped(t, 'abc');
        await t.me.call('chmod', 'f', 0o444);
        await t.me.call('poke', address, 'XXX');
        return t.content('f');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'ENFILE', 'ENOMEM'),
    { errno: 'EAGAIN', source: page, why: 'is about locked memory' },
    { errno: 'EEXIST', source: page, why: 'is about addresses, not files' },
    { errno: 'EOVERFLOW', source: page, why: 'only a program of 32 bits meets it' },
    { errno: 'EPERM', source: page, why: 'is about seals, huge pages and mounts without running' },
    { errno: 'ETXTBSY', source: page, why: 'Linux has not known MAP_DENYWRITE for long' },
    { errno: 'EBUSY', source: 'msync(2)', why: 'is about locked memory' },
  ],
};
