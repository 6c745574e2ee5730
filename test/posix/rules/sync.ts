import { noFile, O_PATH, O_RDONLY, O_RDWR, O_WRONLY } from '../constants.js';
import { gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'fsync(2)';

export const sync: Operation = {
  name: 'fsync, fdatasync',
  rules: [
    ...(['fsync', 'fdatasync'] as const).flatMap((call) => [
      gives(`${call} of a file that was written`, `POSIX ${call}()`, [0, 'abc'], async (t) => {
        const fd = await t.opened('f', O_WRONLY);
        await t.me.write(fd, 'abc');
        return [await t.me.call(call, fd), await t.content('f')];
      }),
      gives(`${call} of a file that was not changed`, `POSIX ${call}()`, 0, async (t) =>
        t.me.call(call, await t.opened('f', O_RDWR, 'abc')),
      ),
      gives(`${call} through a descriptor for reading`, `POSIX ${call}()`, 0, async (t) =>
        t.me.call(call, await t.opened('f', O_RDONLY, 'abc')),
      ),
      gives(`${call} of a directory`, page, 0, async (t) => {
        await t.file('f');
        return t.me.call(call, await t.me.open('.', O_RDONLY));
      }),
      gives(`${call} marks nothing`, `POSIX ${call}()`, [], async (t) => {
        const fd = await t.opened('f', O_RDWR, 'abc');
        await t.me.call('fsync', fd);
        return t.marked('f', () => t.me.call(call, fd));
      }),
      refuses('EBADF', `${call}: the descriptor is not open`, page, (t) => t.me.call(call, noFile)),
      refuses('EBADF', `${call}: the descriptor is one of O_PATH`, 'open(2)', async (t) =>
        t.me.call(call, await t.opened('f', O_PATH)),
      ),
      refuses('EINVAL', `${call}: the file is a FIFO`, page, async (t) => {
        await t.me.call('mkfifo', 'p', 0o644);
        return t.me.call(call, await t.me.open('p', O_RDWR));
      }),
    ]),
    gives('syncfs of the file system', 'sync(2)', 0, async (t) =>
      t.me.call('syncfs', await t.opened('f', O_RDONLY)),
    ),
    refuses('EBADF', 'syncfs: the descriptor is not open', 'sync(2)', (t) => t.me.call('syncfs', noFile)),
    gives('sync_file_range of a file', 'sync_file_range(2)', 0, async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abc');
      return t.me.call('sync_file_range', fd, 0, 3, 7);
    }),
    refuses('EBADF', 'sync_file_range: the descriptor is not open', 'sync_file_range(2)', (t) =>
      t.me.call('sync_file_range', noFile, 0, 1, 2),
    ),
    refuses('EINVAL', 'sync_file_range: a flag that there is not', 'sync_file_range(2)', async (t) =>
      t.me.call('sync_file_range', await t.opened('f', O_RDWR, 'abc'), 0, 1, 64),
    ),
    gives('posix_fadvise of a file', 'POSIX posix_fadvise()', 0, async (t) =>
      t.me.call('posix_fadvise', await t.opened('f', O_RDONLY, 'abc'), 0, 0, 4),
    ),
    gives('readahead of a file', 'readahead(2)', 0, async (t) =>
      t.me.call('readahead', await t.opened('f', O_RDONLY, 'abc'), 0, 3),
    ),
    refuses('EBADF', 'close: the descriptor is not open', 'close(2)', (t) => t.me.close(noFile)),
    gives('close of a file that was written', 'POSIX close()', 0, async (t) => {
      const fd = await t.opened('f', O_WRONLY);
      await t.me.write(fd, 'abc');
      return t.me.close(fd);
    }),
  ],
  unprovoked: unprovoked(page, 'EDQUOT', 'EINTR', 'EIO', 'ENOSPC', 'EROFS'),
};
