import { O_WRONLY } from '../constants.js';
import { pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'execve(2)';

async function script(t: Scene, mode = 0o755, content = '#!/bin/sh\nexit 7\n'): Promise<void> {
  await t.file('program', content, mode);
}
const run = (t: Scene): Promise<number> => t.me.call('execute', `${t.path}/program`);

export const execute: Operation = {
  name: 'execve',
  rules: [
    ...pathRefusals({
      source: page,
      unsafe: true,
      existing: true,
      follows: true,
      call: (t, path) => t.me.call('execute', path),
    }),
    gives('runs a script', page, 7, async (t) => {
      await script(t);
      return run(t);
    }),
    gives('runs a program', page, 0, async (t) => {
      const pid = await t.me.call('start_copy', 'program');
      await t.me.call('stop', pid);
      return 0;
    }),
    gives('runs a script through a link', page, 7, async (t) => {
      await script(t);
      await t.me.call('symlink', 'program', 'l');
      return t.me.call('execute', `${t.path}/l`);
    }),
    gives('runs what was written a moment ago', page, 3, async (t) => {
      await script(t);
      await run(t);
      const fd = await t.me.open('program', O_WRONLY);
      await t.me.pwrite(fd, '3', 15);
      await t.me.close(fd);
      return run(t);
    }),
    refuses('EACCES', 'nobody may run the file', page, async (t) => {
      await script(t, 0o644);
      return run(t);
    }),
    refuses('EACCES', 'it is a directory', page, async (t) => {
      await t.folder('program');
      return run(t);
    }),
    refuses('EACCES', 'it is a FIFO', page, async (t) => {
      await t.me.call('mkfifo', 'program', 0o755);
      return run(t);
    }),
    refuses('ENOEXEC', 'it is no program', page, async (t) => {
      await script(t, 0o755, 'abc');
      return run(t);
    }),
    refuses('ENOENT', 'the interpreter of a script does not exist', page, async (t) => {
      await script(t, 0o755, '#!/missing/interpreter\n');
      return run(t);
    }),
    refuses('EACCES', 'the interpreter of a script may not be run', page, async (t) => {
      await t.file('interpreter', '', 0o644);
      await script(t, 0o755, `#!${t.path}/interpreter\n`);
      return run(t);
    }),
    refuses('ETXTBSY', 'it is open for writing', page, async (t) => {
      await script(t);
      await t.me.open('program', O_WRONLY);
      return run(t);
    }),
    ...asUser(
      refuses('EACCES', 'the owner may not run it, others may', page, async (t) => {
        await script(t, 0o677);
        return run(t);
      }),
      refuses('EACCES', 'a script may be run and not read', page, async (t) => {
        await script(t, 0o111);
        // The interpreter can't read it, and says so by its own exit code: the kernel has let it run.
        return (await run(t)) === 7 ? 7 : t.content('program');
      }),
      gives('runs a script of someone else that others may read and run', page, 7, async (t) => {
        await t.file('program', '#!/bin/sh\nexit 7\n', 0o755, t.root);
        return run(t);
      }),
    ),
    ...asRoot(
      refuses('EACCES', 'root runs a file that nobody may run', page, async (t) => {
        await script(t, 0o666);
        return run(t);
      }),
      gives('root runs a file that someone may run', page, 7, async (t) => {
        await script(t, 0o1);
        return run(t);
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EIO', 'ENFILE', 'ENOMEM', 'ELIBBAD'),
    { errno: 'E2BIG', source: page, why: 'is about arguments, not the file' },
    { errno: 'EAGAIN', source: page, why: 'is about the number of processes' },
    { errno: 'EFAULT', source: page, why: 'is about arguments, not the file' },
    { errno: 'EINVAL', source: page, why: 'is about what is in an executable' },
    { errno: 'EISDIR', source: page, why: 'is about what is in an executable' },
    { errno: 'EMFILE', source: page, why: 'is asserted of open' },
    { errno: 'EPERM', source: page, why: 'is about mounts that do not honour setuid, and debuggers' },
  ],
};
