import { describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import type { WritableVault } from './writable-vault.js';

export function nameTests(vault: WritableVault, limits: DriverLimits): void {
  describe('names', () => {
    it('makes files, directories, links, FIFOs and sockets, with their modes', async () => {
      const script = `
os.umask(0o027)
os.close(os.open('file', os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
os.mkdir('folder', 0o777)
os.symlink('no/such/ü', 'link')
os.mkfifo('fifo', 0o660)
os.mknod('plain', stat.S_IFREG | 0o604)
socket.socket(socket.AF_UNIX).bind('socket')
tell(*[[n, stat.filemode(os.lstat(n).st_mode), os.lstat(n).st_uid == os.geteuid()] for n in names()], os.readlink('link'))`;
      expect(await vault.run(script)).toEqual([
        ['fifo', 'prw-r-----', true],
        ['file', '-rw-r-----', true],
        ['folder', 'drwxr-x---', true],
        ['link', 'lrwxrwxrwx', true],
        ['plain', '-rw-------', true],
        ['socket', 'srwxr-x---', true],
        'no/such/ü',
      ]);
    });

    it('refuses what system calls refuse', async () => {
      const script = `
write('file', b'x'); os.mkdir('folder'); write('folder/inside', b'x'); os.mkdir('empty')
tell(
  attempt(os.open, 'file', os.O_CREAT | os.O_EXCL | os.O_WRONLY),
  attempt(os.mkdir, 'file'), attempt(os.symlink, 'x', 'file'), attempt(os.link, 'file', 'folder'),
  attempt(os.rmdir, 'folder'), attempt(os.rmdir, 'file'), attempt(os.unlink, 'folder'), attempt(os.unlink, 'none'),
  attempt(os.rename, 'folder', 'folder/below'), attempt(os.rename, 'file', 'folder'), attempt(os.rename, 'folder', 'file'),
  attempt(os.rename, 'empty', 'folder'), attempt(os.rename, 'none', 'new'), attempt(os.link, 'folder', 'hard'),
  attempt(os.mknod, 'device', stat.S_IFCHR | 0o600, os.makedev(1, 3)),
  attempt(os.mkdir, 'n' * 256), attempt(os.rename, 'file', '../../.sherin/x'), attempt(os.mkdir, 'none/x'))`;
      expect(await vault.run(script)).toEqual([
        ...['EEXIST', 'EEXIST', 'EEXIST', 'EEXIST'],
        ...['ENOTEMPTY', 'ENOTDIR', 'EISDIR', 'ENOENT'],
        ...['EINVAL', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'ENOENT', 'EPERM', 'EPERM'],
        ...['ENAMETOOLONG', 'EXDEV', 'ENOENT'],
      ]);
    });

    it('renames over a file, over itself, over an empty directory, and into another directory', async () => {
      const script = `
write('a', b'a'); write('b', b'b'); os.mkdir('d'); os.mkdir('e')
write('d/inside', b'i')
os.rename('a', 'b'); os.rename('b', 'b'); os.rename('d', 'e'); os.rename('b', 'e/c')
tell(names(), sorted(os.listdir('e')), read('e/c').decode(), os.stat('e/c').st_nlink)`;
      expect(await vault.run(script)).toEqual([['e'], ['c', 'inside'], 'a', 1]);
    });

    it('counts hard links', async () => {
      const script = `
write('a', b'one')
os.link('a', 'b')
first = [os.stat(n).st_nlink for n in names()] + [os.stat('a').st_ino == os.stat('b').st_ino]
os.unlink('a')
time.sleep(${limits.sharedHardLinks ? 0 : 1.2})
tell(first, os.stat('b').st_nlink, read('b').decode())`;
      expect(await vault.run(script)).toEqual([[2, 2, true], 1, 'one']);
    });

    it('shows what was written through one hard link through the other', async () => {
      const script = `
write('a', b'one'); os.link('a', 'b'); read('b')
write('b', b'three', os.O_WRONLY)
time.sleep(${limits.sharedHardLinks ? 0 : 1.2})
tell(read('a').decode())`;
      expect(await vault.run(script)).toEqual(['three']);
    });

    it('keeps a file that is unlinked, or renamed over, while it is open', async () => {
      const script = `
write('a', b'first'); write('b', b'second'); write('new', b'new')
one, two = os.open('a', os.O_RDWR), os.open('b', os.O_RDONLY)
os.unlink('a'); os.rename('new', 'b')
os.pwrite(one, b'more', 5); os.ftruncate(one, 8)
there = names()
got = [os.pread(one, 99, 0).decode(), os.pread(two, 99, 0).decode(), read('b').decode()]
os.close(one); os.close(two)
ends = time.monotonic() + ${limits.namelessFiles ? 0 : 30}
while names() != ['b'] and time.monotonic() < ends: time.sleep(0.05)
tell(got, [n for n in there if n != 'b' and not n.startswith('.fuse_hidden')], len(there), names())`;
      // libfuse 2.9 removes its name of the file at RELEASE, for which close(2) does not wait (fuse(4), FUSE_RELEASE).
      const kept = limits.namelessFiles ? 1 : 3;
      expect(await vault.run(script)).toEqual([['firstmor', 'second', 'new'], [], kept, ['b']]);
    });

    it('takes the flags of renameat2 where the driver can', async () => {
      const script = `
write('a', b'a'); write('b', b'b')
libc = ctypes.CDLL(None, use_errno=True)
def renameat2(old, new, flags):
    done = libc.renameat2(-100, old, -100, new, flags)
    return 'done' if done == 0 else errno.errorcode[ctypes.get_errno()]
tell(renameat2(b'a', b'b', 1), renameat2(b'a', b'b', 2), renameat2(b'a', b'c', 1), names())`;
      expect(await vault.run(script)).toEqual(
        limits.renameFlags
          ? ['EEXIST', 'done', 'done', ['b', 'c']]
          : ['EEXIST', 'EINVAL', 'EINVAL', ['a', 'b']],
      );
    });

    it('takes names of any bytes, or refuses them and what looks like them', async () => {
      const script = `
write('bad\\ufffd', b'another')
bad = b'bad\\xff'
made = [attempt(os.mkdir, bad), attempt(os.symlink, b'x', bad), attempt(os.rename, b'bad\\xef\\xbf\\xbd', bad)]
tell(made, len(names()), attempt(os.symlink, bad, b'link'))`;
      expect(await vault.run(script)).toEqual(
        limits.anyNames
          ? [['done', 'EEXIST', 'EISDIR'], 2, 'done']
          : [['EILSEQ', 'EILSEQ', 'EILSEQ'], 1, 'EILSEQ'],
      );
    });
  });
}
