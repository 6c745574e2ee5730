"""The calls that the executor of the POSIX suite knows: the C library's own, with its errno, and few of them together."""
import ctypes
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import time

libc = ctypes.CDLL(None, use_errno=True)

AT_FDCWD = -100
AT_SYMLINK_NOFOLLOW = 0x100
AT_EMPTY_PATH = 0x1000
STATX_BASIC_STATS = 0x7ff

# By what they return: an int, or a number as wide as a pointer.
INT = '''open openat creat close mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
mknod mknodat mkfifo mkfifoat chmod fchmod fchmodat chown lchown fchown fchownat truncate ftruncate fsync fdatasync syncfs
fallocate flock access faccessat dup dup2 chdir fchdir umask setxattr lsetxattr fsetxattr removexattr lremovexattr
fremovexattr posix_fadvise posix_fallocate sync_file_range munmap msync fcntl'''.split()
LONG = ['lseek', 'readahead']


def raw(function, *args):
    """Calls a function of the C library with numbers, bytes and None, as they are."""
    ctypes.set_errno(0)
    result = function(*(ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args))
    if result == -1:
        raise OSError(ctypes.get_errno(), 'refused')
    return result


def bound(name, kind):
    function = getattr(libc, name)
    function.restype = kind
    return lambda *args: raw(function, *args)


CALLS = {name: bound(name, ctypes.c_int) for name in INT}
CALLS.update({name: bound(name, ctypes.c_long) for name in LONG})
SIZED = {name: bound(name, ctypes.c_ssize_t) for name in '''read pread write pwrite readlink readlinkat getxattr lgetxattr
fgetxattr listxattr llistxattr flistxattr copy_file_range'''.split()}
STATX = bound('statx', ctypes.c_int)
UTIMENSAT = bound('utimensat', ctypes.c_int)
FUTIMENS = bound('futimens', ctypes.c_int)
STATVFS = {name: bound(name, ctypes.c_int) for name in ('statvfs', 'fstatvfs')}
MMAP = bound('mmap', ctypes.c_ssize_t)


def call(function):
    CALLS[function.__name__] = function
    return function


def filled(function, size, *args):
    """What a function writes into a buffer that follows its first arguments."""
    buffer = ctypes.create_string_buffer(max(size, 1))
    length = SIZED[function](*args, buffer, size)
    return buffer.raw[:length]


@call
def read(fd, size):
    return filled('read', size, fd)


@call
def pread(fd, size, offset):
    buffer = ctypes.create_string_buffer(max(size, 1))
    length = SIZED['pread'](fd, buffer, size, offset)
    return buffer.raw[:length]


@call
def read_into(fd, address, size):
    return SIZED['read'](fd, address, size)


@call
def readv(fd, sizes):
    parts = [bytearray(size) for size in sizes]
    os.readv(fd, parts)
    return [bytes(part) for part in parts]


@call
def read_aligned(fd, size, offset):
    """A read as O_DIRECT wants it: into memory at the start of a page."""
    address = MMAP(None, size, 3, 0x22, -1, 0)
    length = SIZED['pread'](fd, address, size, offset)
    data = ctypes.string_at(address, length)
    CALLS['munmap'](address, size)
    return data


@call
def write(fd, data):
    return SIZED['write'](fd, data, len(data))


@call
def write_from(fd, address, size):
    return SIZED['write'](fd, address, size)


@call
def pwrite(fd, data, offset):
    return SIZED['pwrite'](fd, data, len(data), offset)


@call
def writev(fd, parts):
    return os.writev(fd, parts)


@call
def write_aligned(fd, data, offset):
    address = MMAP(None, len(data), 3, 0x22, -1, 0)
    ctypes.memmove(address, data, len(data))
    try:
        return SIZED['pwrite'](fd, address, len(data), offset)
    finally:
        CALLS['munmap'](address, len(data))


@call
def readlink(path, size=4096):
    return filled('readlink', size, path)


@call
def readlinkat(fd, path, size=4096):
    return filled('readlinkat', size, fd, path)


def attribute(name):
    def get(target, attribute, size=65536):
        return filled(name, size, target, attribute)
    CALLS[name] = get


def attributes(name):
    def names(target, size=65536):
        return filled(name, size, target)
    CALLS[name] = names


for name in ('getxattr', 'lgetxattr', 'fgetxattr'):
    attribute(name)
for name in ('listxattr', 'llistxattr', 'flistxattr'):
    attributes(name)


@call
def attribute_size(path, name):
    return SIZED['getxattr'](path, name, None, 0)


@call
def attributes_size(path):
    return SIZED['listxattr'](path, None, 0)


@call
def statx(fd, path, flags):
    buffer = ctypes.create_string_buffer(256)
    STATX(fd, path, flags, STATX_BASIC_STATS, buffer)
    fields = struct.unpack_from('=IIQIIIHHQQQQ', buffer.raw)
    times = [struct.unpack_from('=qI', buffer.raw, offset) for offset in (64, 96, 112)]
    major, minor, device_major, device_minor = struct.unpack_from('=4I', buffer.raw, 128)
    return {
        'blksize': fields[1], 'nlink': fields[3], 'uid': fields[4], 'gid': fields[5], 'type': fields[6] >> 12,
        'mode': fields[6] & 0o7777, 'ino': str(fields[8]), 'size': fields[9], 'blocks': fields[10],
        'atime': times[0], 'ctime': times[1], 'mtime': times[2], 'rdev': [major, minor],
        'dev': [device_major, device_minor],
    }


@call
def stat(path):
    return statx(AT_FDCWD, path, 0)


@call
def lstat(path):
    return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW)


@call
def fstat(fd):
    return statx(fd, b'', AT_EMPTY_PATH)


def timespecs(times):
    return times if times is None or isinstance(times, int) else (ctypes.c_long * 4)(*times[0], *times[1])


@call
def utimensat(fd, path, times, flags):
    return UTIMENSAT(fd, path, timespecs(times), flags)


@call
def futimens(fd, times):
    return FUTIMENS(fd, timespecs(times))


def space(function, target):
    buffer = ctypes.create_string_buffer(256)
    STATVFS[function](target, buffer)
    names = 'bsize frsize blocks bfree bavail files ffree favail fsid flag namemax'.split()
    return dict(zip(names, struct.unpack_from('=11Q', buffer.raw)))


@call
def statvfs(path):
    return space('statvfs', path)


@call
def fstatvfs(fd):
    return space('fstatvfs', fd)


@call
def copy_file_range(source, source_offset, target, target_offset, length, flags):
    """(bytes copied, the offsets afterwards)"""
    offsets = [None if at is None else ctypes.c_longlong(at) for at in (source_offset, target_offset)]
    first, second = [None if at is None else ctypes.byref(at) for at in offsets]
    copied = SIZED['copy_file_range'](source, first, target, second, length, flags)
    return [copied, *(None if at is None else at.value for at in offsets)]


@call
def sendfile(target, source, offset, length):
    return os.sendfile(target, source, offset, length)


@call
def bind(path):
    """Makes a socket with this name."""
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(path)


@call
def limit(name, value):
    kind = getattr(resource, name.decode())
    resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


@call
def tick():
    """Returns once a file changed now has another time than one changed before: the kernel's clock of files went on twice."""
    clock = 5  # CLOCK_REALTIME_COARSE
    for _ in range(2):
        start = time.clock_gettime_ns(clock)
        while time.clock_gettime_ns(clock) == start:
            time.sleep(0.0005)


@call
def now():
    return divmod(time.time_ns(), 10 ** 9)


@call
def pid():
    return os.getpid()


running = {}


@call
def start(path, *args):
    """Starts a program and returns once it runs."""
    process = subprocess.Popen([path, *args], stdin=subprocess.DEVNULL)
    running[process.pid] = process
    return process.pid


@call
def start_copy(path):
    """Starts a program that is a file of this name, a copy of sleep(1)."""
    shutil.copyfile('/bin/sleep', path)
    os.chmod(path, 0o755)
    return start(path if path.startswith(b'/') else b'./' + path, b'60')


@call
def stop(pid):
    process = running.pop(pid)
    process.kill()
    process.wait()


@call
def execute(path):
    """Runs a program to its end: its exit code."""
    # Unlike subprocess it looks for nothing in PATH, and gives the kernel's errno.
    return os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(path, [b'program'], {}), 0)[1])


@call
def make_scene(path, uid, gid):
    """Makes the directory of a rule."""
    os.mkdir(path, 0o755)
    os.chown(path, uid, gid)


@call
def remove_tree(path):
    subprocess.run([b'rm', b'-rf', b'--', path], check=True, stdin=subprocess.DEVNULL)


def in_child(step):
    """Does something in a child: the name of the signal that ended it, or None."""
    child = os.fork()
    if child == 0:
        # The process is to die of it quietly, without a dump of its memory.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        step()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return signal.Signals(os.WTERMSIG(status)).name.encode() if os.WIFSIGNALED(status) else None


@call
def mmap(fd, length, protection, flags, offset):
    return MMAP(None, length, protection, flags, fd, offset)


@call
def peek(address, length):
    return ctypes.string_at(address, length)


@call
def poke(address, data):
    ctypes.memmove(address, data, len(data))


@call
def peek_in_child(address):
    return in_child(lambda: ctypes.string_at(address, 1))


@call
def poke_in_child(address, data):
    return in_child(lambda: poke(address, data))


class Lock(ctypes.Structure):
    _fields_ = [('type', ctypes.c_short), ('whence', ctypes.c_short), ('start', ctypes.c_longlong),
                ('length', ctypes.c_longlong), ('pid', ctypes.c_int)]


@call
def lock(fd, command, kind, start, length, whence=0, pid=0):
    """fcntl(2) with a lock: (type, start, length, pid) as it is afterwards."""
    what = Lock(kind, whence, start, length, pid)
    CALLS['fcntl'](fd, command, ctypes.byref(what))
    return [what.type, what.start, what.length, what.pid]
