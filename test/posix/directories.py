"""Streams of directories for the executor of the POSIX suite, as opendir(3) and readdir(3) have them."""
import ctypes
import os

from calls import CALLS, call, libc


class Entry(ctypes.Structure):
    _fields_ = [('ino', ctypes.c_uint64), ('offset', ctypes.c_int64), ('length', ctypes.c_uint16),
                ('type', ctypes.c_uint8), ('name', ctypes.c_char * 256)]


libc.readdir.restype = ctypes.POINTER(Entry)
libc.telldir.restype = ctypes.c_long
for name in ('opendir', 'fdopendir'):
    getattr(libc, name).restype = ctypes.c_void_p


def opened(function, target):
    ctypes.set_errno(0)
    stream = function(target)
    if stream is None:
        raise OSError(ctypes.get_errno(), 'refused')
    return stream


@call
def opendir(path):
    return opened(libc.opendir, path)


@call
def fdopendir(fd):
    return opened(libc.fdopendir, fd)


@call
def readdir(stream):
    """(inode number, type, name), or None at the end."""
    ctypes.set_errno(0)
    found = libc.readdir(ctypes.c_void_p(stream))
    if found:
        entry = found.contents
        # Names end at their NUL, but an entry can be shorter than the structure: the C library's string is the name.
        return [str(entry.ino), entry.type, ctypes.string_at(ctypes.addressof(entry) + Entry.name.offset)]
    if ctypes.get_errno() != 0:
        raise OSError(ctypes.get_errno(), 'refused')
    return None


@call
def telldir(stream):
    return libc.telldir(ctypes.c_void_p(stream))


@call
def seekdir(stream, place):
    libc.seekdir(ctypes.c_void_p(stream), ctypes.c_long(place))


@call
def rewinddir(stream):
    libc.rewinddir(ctypes.c_void_p(stream))


@call
def closedir(stream):
    return libc.closedir(ctypes.c_void_p(stream))


@call
def rest(stream):
    """Every entry from here to the end."""
    return list(iter(lambda: readdir(stream), None))


@call
def names(path):
    """Names of a directory in byte order, without itself and its parent."""
    stream = opendir(path)
    try:
        return sorted(name for _, _, name in rest(stream) if name not in (b'.', b'..'))
    finally:
        CALLS['closedir'](stream)


@call
def fill(count):
    """Makes files in the current directory, with names so long that the C library asks the kernel for them more than once."""
    for number in range(count):
        os.mknod(b'f%d' % number + b'-' * 60)


@call
def take_while_reading():
    """Removes each file of the current directory as soon as its name comes."""
    stream = opendir(b'.')
    for _, _, name in iter(lambda: readdir(stream), None):
        if name not in (b'.', b'..'):
            os.unlink(name)
    closedir(stream)


@call
def read_while_changing(count):
    """Names that come while others are made and removed, one after each of the first `count`."""
    stream = opendir(b'.')
    found = []
    for number in range(count):
        found.append(readdir(stream)[2])
        name = b'new%d' % number
        os.mknod(name)
        os.unlink(name)
    found += [name for _, _, name in rest(stream)]
    closedir(stream)
    return found
