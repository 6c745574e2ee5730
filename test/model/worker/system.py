"""System calls that Python's os module lacks."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
AT_SYMLINK_NOFOLLOW = 0x100
UTIME_NOW = (1 << 30) - 1
UTIME_OMIT = (1 << 30) - 2
TimePair = ctypes.c_long * 4


def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def renameat2(old, new, flags):
    checked(libc.renameat2(AT_FDCWD, old, AT_FDCWD, new, ctypes.c_uint(flags)))


def utimens(target, access, change, follow=True):
    """Sets times of a path or a descriptor; each is 'now', 'omit' or [seconds, nanoseconds]."""
    times = TimePair(*timespec(access), *timespec(change))
    if isinstance(target, int):
        checked(libc.futimens(target, times))
    else:
        checked(libc.utimensat(AT_FDCWD, target, times, 0 if follow else AT_SYMLINK_NOFOLLOW))


def timespec(time):
    if time == 'now':
        return 0, UTIME_NOW
    if time == 'omit':
        return 0, UTIME_OMIT
    return time


def fallocate(fd, mode, offset, length):
    checked(libc.fallocate(fd, ctypes.c_int(mode), ctypes.c_long(offset), ctypes.c_long(length)))
