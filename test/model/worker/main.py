"""One process at work in a directory: reads commands as JSON lines, answers each with a line."""
import contextlib
import errno
import json
import os
import socket
import sys

import system
import tree
from operations import Operations
from watch import Watch, coarse, next_tick


class Worker(Operations):
    def __init__(self, settings):
        # How fine the directory keeps times, in nanoseconds.
        self.step = settings['timeStep']
        self.group = settings['group']
        self.handles = {}
        self.root = b'/nowhere'
        self.began = 0
        # Other processes send handles here.
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address(settings['process']))

    def address(self, process):
        return f'\0{self.group}-{process}'

    def full(self, path):
        return self.root + b'/' + path.encode('latin1')

    def used(self, slot):
        """An empty slot stands for the lowest used one, so that few operations meet no handle at all."""
        if slot in self.handles or not self.handles:
            return slot
        return min(self.handles)

    def fd(self, slot):
        slot = self.used(slot)
        if slot not in self.handles:
            raise OSError(errno.EBADF, 'this process has no handle')
        return self.handles[slot]

    def keep(self, slot, fd):
        if slot in self.handles:
            os.close(self.handles[slot])
        self.handles[slot] = fd

    def settle(self, target):
        """
        Sets times where file systems differ in whether the call before changes them (a truncation to the size that it
        has, an attribute set to the value that it has, a map, an allocation), so that they agree from here on.
        """
        with as_starter():
            system.utimens(target, 'omit', 'now')

    # The frame of a sequence

    def make(self, root):
        """Makes the directory of a sequence. Its time, as text as all nanoseconds: JavaScript would round them."""
        began = coarse() - self.step + 1
        os.mkdir(root)
        os.chmod(root, 0o777)
        return str(began)

    def begin(self, root, began):
        self.root = os.fsencode(root)
        self.began = int(began)

    def release(self, which):
        """Closes all handles, or those of what has no name any more."""
        for slot, fd in list(self.handles.items()):
            if which == 'all' or os.fstat(fd).st_nlink == 0:
                os.close(fd)
                del self.handles[slot]

    def clear(self):
        tree.clear(self.root)

    def tree(self):
        return tree.tree(self)

    def open_handles(self):
        return tree.handles(self)

    def several(self, commands):
        """Many commands at this process's own pace."""
        return [self.answer(command) for command in commands]

    def answer(self, command):
        arguments = {name: value for name, value in command.items() if name not in ('do', 'watch', 'tick')}
        if command.get('tick'):
            next_tick()
        watch = Watch(self, command) if command.get('watch') else None
        try:
            result = {'value': getattr(self, command['do'])(**arguments)}
        except OSError as error:
            result = {'error': errno.errorcode[error.errno]}
        except ValueError as error:
            # Python itself refuses to map what lies beyond the end of a file.
            result = {'error': str(error)}
        if watch is not None:
            result['seen'] = watch.changes()
        return result


def become(user):
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        # The saved user is the one that started it, for `as_starter`; it gives no right by itself.
        os.setresuid(user, user, os.getuid())


@contextlib.contextmanager
def as_starter():
    user = os.geteuid()
    os.seteuid(os.getresuid()[2])
    try:
        yield
    finally:
        os.seteuid(user)


def main():
    settings = json.loads(sys.argv[1])
    os.umask(0o022)
    become(settings.get('user'))
    worker = Worker(settings)
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(worker.answer(json.loads(line))) + '\n')
        sys.stdout.flush()


main()
