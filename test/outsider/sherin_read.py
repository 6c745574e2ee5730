"""Reads a Sherin vault with its recovery key: Python 3.9 or later, standard library only, written from FORMAT.md.

    python3 sherin_read.py VAULT RECOVERY_FILE list
    python3 sherin_read.py VAULT RECOVERY_FILE cat PATH
    python3 sherin_read.py VAULT RECOVERY_FILE extract DEST

RECOVERY_FILE holds the recovery key as text; - is standard input. Every byte is verified before it is written.
Where manifest.db is lost, the copy of its log is read in its place.
Exit code: 0 done, 1 something could not be read or did not verify, 2 usage.
"""
import os
import stat
import sys

sys.dont_write_bytecode = True

from cubes import read_cube  # noqa: E402
from header import open_header, parse_recovery_key  # noqa: E402
from layout import Refused  # noqa: E402
from log_copy import read_log  # noqa: E402
from manifest import ROOT, open_manifest, verified  # noqa: E402
from objects import VERTEX, slots_of  # noqa: E402
from records import DIRECTORY, FIFO, FILE, LINK  # noqa: E402

KINDS = {FILE: '-', DIRECTORY: 'd', LINK: 'l', FIFO: 'p'}


def read_file(path, limit=None):
    with open(path, 'rb') as file:
        return file.read(limit)


class Vault:
    def __init__(self, path, recovery_text):
        self.path = path
        key = parse_recovery_key(recovery_text)
        self.master, header = open_header(read_file(os.path.join(path, 'vault.json'), 65537), key)
        database, wal = (os.path.join(path, name) for name in ('manifest.db', 'manifest.db-wal'))
        if os.path.exists(database):
            self.manifest = open_manifest(
                self.master, header, read_file(database), read_file(wal) if os.path.exists(wal) else b'')
        else:
            copied = read_log(os.path.join(path, 'log'), self.master, header.public_key)
            self.manifest = verified(self.master, header, *copied)

    def walk(self, number=ROOT, path=b''):
        """(path, inode number, inode), parents before children, names in byte order."""
        inode = self.manifest.tree.inode(number)
        yield path, number, inode
        for name in sorted(inode.names):
            yield from self.walk(inode.names[name], path + b'/' + name if path else name)

    def find(self, path):
        number = ROOT
        for name in filter(None, path.split(b'/')):
            names = self.manifest.tree.inode(number).names
            if name not in names:
                raise Refused('%s does not exist' % os.fsdecode(path))
            number = names[name]
        return self.manifest.tree.inode(number)

    def content(self, inode):
        """Parts of a file in order: bytes, or a number of zeros."""
        if inode.put is None:
            return
        for slot in slots_of(self.manifest, inode.put):
            left = slot.length
            for piece in slot.pieces:
                size = min(left, piece.vertices * VERTEX)
                left -= size
                if piece.cube is None:
                    yield size
                else:
                    first = piece.first * VERTEX
                    yield read_cube(self.path, self.master, piece.cube)[first:first + size]


def write_content(vault, inode, file):
    length = 0
    for part in vault.content(inode):
        if isinstance(part, int):
            length += part
            file.seek(part, os.SEEK_CUR)
        else:
            length += len(part)
            file.write(part)
    file.truncate(length)


def list_files(vault):
    for path, _, inode in vault.walk():
        attributes = inode.attributes
        kind = KINDS.get(attributes.kind, 's')
        size = inode.put.length if inode.put else 0
        target = b' -> ' + attributes.target if attributes.kind == LINK else b''
        mode = stat.filemode(attributes.mode)[1:]
        line = '%s%s %5d %5d %12d ' % (kind, mode, attributes.uid, attributes.gid, size)
        sys.stdout.buffer.write(line.encode() + (path or b'.') + target + b'\n')
    return 0


def cat(vault, path):
    inode = vault.find(os.fsencode(path))
    if inode.attributes.kind != FILE:
        raise Refused('%s is not a file' % path)
    for part in vault.content(inode):
        for _ in range(part // VERTEX if isinstance(part, int) else 0):
            sys.stdout.buffer.write(bytes(VERTEX))
        sys.stdout.buffer.write(bytes(part % VERTEX) if isinstance(part, int) else part)
    return 0


def make(vault, inode, path):
    attributes = inode.attributes
    if attributes.kind == DIRECTORY:
        os.makedirs(path, 0o700, exist_ok=True)
    elif attributes.kind == LINK:
        os.symlink(attributes.target, path)
    elif attributes.kind == FIFO:
        os.mkfifo(path, 0o600)
    elif attributes.kind == FILE:
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb') as file:
                write_content(vault, inode, file)
        except Refused:
            os.unlink(path)
            raise
    else:
        raise Refused('a socket is not extracted')


def settle(path, attributes):
    """Mode (without set-ID bits), owner for root, extended attributes where the disk takes them, times last."""
    if os.geteuid() == 0:
        os.chown(path, attributes.uid, attributes.gid, follow_symlinks=False)
    for name, value in attributes.xattrs:
        try:
            os.setxattr(path, name, value, follow_symlinks=False)
        except OSError:
            print('sherin_read: %s: attribute %s is not stored' % (os.fsdecode(path), os.fsdecode(name)), file=sys.stderr)
    if attributes.kind != LINK:
        os.chmod(path, attributes.mode & 0o1777)
    os.utime(path, ns=(attributes.atime, attributes.mtime), follow_symlinks=False)


def extract(vault, destination):
    destination = os.fsencode(destination)
    if os.path.lexists(destination) and os.listdir(destination):
        raise Refused('%s is not empty' % os.fsdecode(destination))
    failures, made, directories = 0, {}, []
    for path, number, inode in vault.walk():
        target = os.path.join(destination, path) if path else destination
        try:
            if number in made:
                os.link(made[number], target, follow_symlinks=False)
                continue
            make(vault, inode, target)
            made[number] = target
            if inode.attributes.kind == DIRECTORY:
                directories.append((target, inode.attributes))
            else:
                settle(target, inode.attributes)
        except (Refused, OSError) as error:
            failures += 1
            print('sherin_read: %s: %s' % (os.fsdecode(path), error), file=sys.stderr)
    for target, attributes in reversed(directories):
        settle(target, attributes)
    print('%d extracted, %d failed' % (len(made), failures))
    return 1 if failures else 0


def main(arguments):
    commands = {('list', 3): list_files, ('cat', 4): cat, ('extract', 4): extract}
    command = commands.get((arguments[2], len(arguments))) if len(arguments) > 2 else None
    if command is None:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        text = sys.stdin.buffer.read(4096) if arguments[1] == '-' else read_file(arguments[1], 4096)
        return command(Vault(arguments[0], text.decode('ascii', 'replace')), *arguments[3:])
    except (Refused, OSError) as error:
        print('sherin_read: %s' % error, file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
