"""What can be seen of a file from outside, in a form that two file systems share."""
import errno
import hashlib
import os
import stat

kinds = {stat.S_IFREG: 'file', stat.S_IFDIR: 'directory', stat.S_IFLNK: 'link', stat.S_IFIFO: 'fifo',
         stat.S_IFSOCK: 'socket'}


def content(seed, length):
    """Bytes that a seed stands for. Their period is prime, so that no page or cube is like another."""
    block = hashlib.shake_128(seed.to_bytes(4, 'little')).digest(4099)
    return (block * (length // len(block) + 1))[:length]


def shown(data):
    """Short data as it is, long data by its length and hash."""
    if len(data) <= 32:
        return data.hex()
    return f'{len(data)} bytes {hashlib.blake2b(data, digest_size=8).hexdigest()}'


def attempt(call, *args):
    """The value of a call, or the name of its error."""
    try:
        return call(*args)
    except OSError as error:
        return errno.errorcode[error.errno]


def kind(status):
    return kinds.get(stat.S_IFMT(status.st_mode), 'other')


def facts(status):
    # The size of a directory is each file system's own affair.
    size = None if stat.S_ISDIR(status.st_mode) else status.st_size
    return [kind(status), oct(stat.S_IMODE(status.st_mode)), status.st_uid, status.st_gid, status.st_nlink, size]


def xattrs(target, follow=True):
    """Names and values of extended attributes of a path or a descriptor."""
    options = {} if isinstance(target, int) else {'follow_symlinks': follow}
    return {name: os.getxattr(target, name, **options).hex() for name in sorted(os.listxattr(target, **options))}


def whole(fd):
    """All bytes from the start, whatever the position of the handle."""
    digest = hashlib.blake2b(digest_size=8)
    at = 0
    while data := os.pread(fd, 1 << 20, at):
        digest.update(data)
        at += len(data)
    return f'{at} bytes {digest.hexdigest()}'
