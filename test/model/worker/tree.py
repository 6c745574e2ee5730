"""A whole tree: everything that two directories with the same history have in common."""
import os
import shutil
import stat
import time

from facts import attempt, facts, kind, whole, xattrs


def tree(worker):
    """Each path with what is there, in the order of their bytes."""
    first_names = {}
    return [[path.decode('latin1'), *entry(worker, path, first_names)] for path in walk(worker.root, b'')]


def walk(root, path):
    yield path
    full = os.path.join(root, path)
    if kind(os.lstat(full)) != 'directory':
        return
    names = attempt(os.listdir, full)
    # A directory that this user may not list ends the walk; both sides must end there.
    for name in sorted(names) if not isinstance(names, str) else []:
        yield from walk(root, os.path.join(path, name))


def entry(worker, path, first_names):
    full = os.path.join(worker.root, path)
    status = os.lstat(full)
    # Hard links of one file are told by its first name.
    first = first_names.setdefault(status.st_ino, path)
    return [facts(status), moment(worker, status), first.decode('latin1'), attempt(inside, full, status),
            attempt(xattrs, full, False)]


def inside(full, status):
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(full).decode('latin1')
    if not stat.S_ISREG(status.st_mode):
        return None
    fd = os.open(full, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        return whole(fd)
    finally:
        os.close(fd)


def moment(worker, status):
    """A time that was set, or that it is of this sequence."""
    if kind(status) == 'fifo':
        return None
    value = status.st_mtime_ns
    return 'of this sequence' if worker.began <= value <= time.time_ns() else str(value)


def handles(worker):
    """What open handles see: files without a name are nowhere else."""
    return [[slot, attempt(handle, fd)] for slot, fd in sorted(worker.handles.items())]


def handle(fd):
    status = os.fstat(fd)
    return [facts(status), attempt(whole, fd) if kind(status) == 'file' else None]


def clear(root):
    """Removes a tree, also one whose directories its owner has closed to itself."""
    for path, names, _ in os.walk(root):
        os.chmod(path, 0o700)
        for name in names:
            if not os.path.islink(os.path.join(path, name)):
                os.chmod(os.path.join(path, name), 0o700)
    shutil.rmtree(root)
