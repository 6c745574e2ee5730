"""The operations: each is one system call on paths or on handles in numbered slots, and gives what it returned."""
import errno
import mmap
import os
import socket
import stat
import struct

import system
from facts import attempt, content, facts, kind, shown, xattrs

modes = {'allocate': 0, 'keep-size': 1, 'punch': 3, 'zero': 16, 'zero-keep-size': 17}
whences = {'start': os.SEEK_SET, 'here': os.SEEK_CUR, 'end': os.SEEK_END}
rename_flags = {'plain': 0, 'no-replace': 1, 'exchange': 2}


class Operations:
    """Mixed into a worker, which knows paths and handles."""

    # Handles

    def open(self, path, flags, mode, slot):
        # Never waits for the other end of a FIFO.
        number = os.O_NONBLOCK
        for flag in flags:
            number |= getattr(os, f'O_{flag}')
        empty = 'TRUNC' in flags and size_of(self.full(path)) == 0
        self.keep(slot, os.open(self.full(path), number, mode))
        if empty:
            self.settle(self.fd(slot))

    def close(self, slot):
        os.close(self.fd(slot))
        del self.handles[self.used(slot)]

    def dup(self, slot, into):
        self.keep(into, os.dup(self.fd(slot)))

    def give(self, slot, process, into):
        """Another process gets the same open file: one position, one set of flags. It takes it `into` a slot."""
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('i', self.fd(slot)))
        self.socket.sendmsg([b'.'], [rights], 0, self.address(process))

    def take(self, slot):
        _, (fd,), _, _ = socket.recv_fds(self.socket, 1, 1)
        self.keep(slot, fd)

    # Content

    def read(self, slot, length):
        return shown(os.read(self.fd(slot), length))

    def pread(self, slot, offset, length):
        return shown(os.pread(self.fd(slot), length, offset))

    def write(self, slot, length, seed):
        return os.write(self.fd(slot), content(seed, length))

    def pwrite(self, slot, offset, length, seed):
        return os.pwrite(self.fd(slot), content(seed, length), offset)

    def map_write(self, slot, offset, length, seed):
        start = offset - offset % mmap.PAGESIZE
        with mmap.mmap(self.fd(slot), offset - start + length, offset=start) as view:
            view[offset - start:] = content(seed, length)
            view.flush()
        self.settle(self.fd(slot))

    def seek(self, slot, offset, whence):
        # Positions in a directory mean something to its file system only.
        if kind(os.fstat(self.fd(slot))) == 'directory':
            return None
        return os.lseek(self.fd(slot), offset, whences[whence])

    def extents(self, slot):
        """What holes imply, not where they are: no data in them, in order, the last one at the end."""
        fd = self.fd(slot)
        end = os.fstat(fd).st_size
        if kind(os.fstat(fd)) != 'file':
            return None
        position = os.lseek(fd, 0, os.SEEK_CUR)
        try:
            return list(wrong_extents(fd, end))
        finally:
            os.lseek(fd, position, os.SEEK_SET)

    def ftruncate(self, slot, size):
        unchanged = size_of(self.fd(slot)) == size
        os.ftruncate(self.fd(slot), size)
        if unchanged:
            self.settle(self.fd(slot))

    def truncate(self, path, size):
        unchanged = size_of(self.full(path)) == size
        os.truncate(self.full(path), size)
        if unchanged:
            self.settle(self.full(path))

    def fallocate(self, slot, mode, offset, length):
        system.fallocate(self.fd(slot), modes[mode], offset, length)
        self.settle(self.fd(slot))

    def copy_range(self, source, slot, start, offset, length):
        """As copy programs do: until all is copied or the source ends."""
        done = 0
        while done < length:
            count = os.copy_file_range(self.fd(source), self.fd(slot), length - done, start + done, offset + done)
            if count == 0:
                break
            done += count
        return done

    def fsync(self, slot, data):
        (os.fdatasync if data else os.fsync)(self.fd(slot))

    # Names

    def rename(self, path, to, how):
        system.renameat2(self.full(path), self.full(to), rename_flags[how])

    def link(self, path, to, follow):
        os.link(self.full(path), self.full(to), follow_symlinks=follow)

    def unlink(self, path):
        os.unlink(self.full(path))

    def symlink(self, target, path):
        os.symlink(target.encode('latin1'), self.full(path))

    def readlink(self, path):
        return os.readlink(self.full(path)).decode('latin1')

    def mkdir(self, path, mode):
        os.mkdir(self.full(path), mode)

    def rmdir(self, path):
        os.rmdir(self.full(path))

    def mknod(self, path, kind, mode):
        os.mknod(self.full(path), mode | (stat.S_IFIFO if kind == 'fifo' else stat.S_IFSOCK))

    def readdir(self, path):
        with os.scandir(self.full(path)) as entries:
            return sorted([entry.name.decode('latin1'), kind(entry.stat(follow_symlinks=False))] for entry in entries)

    def readdir_handle(self, slot):
        return sorted(os.listdir(self.fd(slot)))

    # Attributes

    def stat(self, path, follow):
        return facts(os.stat(self.full(path), follow_symlinks=follow))

    def fstat(self, slot):
        return facts(os.fstat(self.fd(slot)))

    def access(self, path, mode):
        return os.access(self.full(path), mode)

    def chmod(self, path, mode):
        os.chmod(self.full(path), mode)

    def fchmod(self, slot, mode):
        os.fchmod(self.fd(slot), mode)

    def chown(self, path, uid, gid, follow):
        os.chown(self.full(path), uid, gid, follow_symlinks=follow)

    def fchown(self, slot, uid, gid):
        os.fchown(self.fd(slot), uid, gid)

    def utimens(self, path, access, change, follow):
        system.utimens(self.full(path), access, change, follow)
        return access_time(os.stat(self.full(path), follow_symlinks=follow), access)

    def futimens(self, slot, access, change):
        system.utimens(self.fd(slot), access, change)
        return access_time(os.fstat(self.fd(slot)), access)

    def setxattr(self, path, name, length, seed, flags, follow):
        self.set_attribute(self.full(path), name, content(seed, length), flags, {'follow_symlinks': follow})

    def fsetxattr(self, slot, name, length, seed, flags):
        self.set_attribute(self.fd(slot), name, content(seed, length), flags, {})

    def set_attribute(self, target, name, value, flags, options):
        unchanged = attempt(lambda: os.getxattr(target, name, **options)) == value
        os.setxattr(target, name, value, flags, **options)
        if unchanged:
            self.settle(target)

    def getxattr(self, path, name, follow):
        return os.getxattr(self.full(path), name, follow_symlinks=follow).hex()

    def removexattr(self, path, name, follow):
        os.removexattr(self.full(path), name, follow_symlinks=follow)

    def listxattr(self, path, follow):
        return xattrs(self.full(path), follow)


def size_of(target):
    status = attempt(os.stat, target)
    return None if isinstance(status, str) else status.st_size


def access_time(status, wanted):
    """The time of access where it was set to a moment: else it may follow reads, or not."""
    return str(status.st_atime_ns) if isinstance(wanted, list) else None


def wrong_extents(fd, end):
    at = 0
    while at < end:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            start = end
        if not at <= start <= end:
            yield f'data after {at} begin at {start} of {end}'
            return
        if os.pread(fd, start - at, at).count(0) != start - at:
            yield f'the hole from {at} to {start} has data'
        if start == end:
            return
        at = os.lseek(fd, start, os.SEEK_HOLE)
        if not start < at <= end:
            yield f'the hole after {start} begins at {at} of {end}'
            return
