"""Saves a file many times in each of the ways of editors; after each the file has the new text and its mode."""
import os
import stat
import sys

_, count = sys.argv


def write(path, text, flags, mode=0o640):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | flags, mode)
    os.write(file, text)
    os.fsync(file)
    os.close(file)


def sync_folder():
    folder = os.open('.', os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


def by_rename(name, text):
    """Most editors: a temporary file takes the place of the old one."""
    write(f'.{name}.tmp', text, os.O_EXCL)
    os.chmod(f'.{name}.tmp', stat.S_IMODE(os.stat(name).st_mode))
    os.rename(f'.{name}.tmp', name)
    sync_folder()


def by_backup(name, text):
    """vim with backupcopy=no: the old file becomes the backup, a new one takes its name."""
    mode = stat.S_IMODE(os.stat(name).st_mode)
    # It tries first whether it could make and remove a file here.
    write('4913', b'', os.O_EXCL)
    os.unlink('4913')
    os.rename(name, f'{name}~')
    write(name, text, os.O_EXCL)
    os.chmod(name, mode)
    os.unlink(f'{name}~')


def in_place(name, text):
    """vim with backupcopy=yes, nano: the file is cut and written anew, and keeps its links."""
    with open(name, 'rb') as old:
        write(f'{name}~', old.read(), os.O_TRUNC)
    write(name, text, os.O_TRUNC)
    os.unlink(f'{name}~')


for save in (by_rename, by_backup, in_place):
    name = save.__name__
    write(name, b'first', os.O_EXCL)
    os.link(name, f'{name}.link')
    with open(name, 'rb') as old:
        for number in range(int(count)):
            text = f'text {number} {"x" * (number * 97 % 9000)}'.encode()
            save(name, text)
            with open(name, 'rb') as new:
                assert new.read() == text, f'{name} {number}'
            assert stat.S_IMODE(os.stat(name).st_mode) == 0o640
        # Who has opened the file before it was replaced reads on in what it was.
        assert old.read() == (text if save is in_place else b'first')
    same = os.path.samefile(name, f'{name}.link')
    assert same == (save is in_place)
print(' '.join(sorted(os.listdir('.'))))
