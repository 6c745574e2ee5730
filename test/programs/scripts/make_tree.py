"""Makes a tree of many small files and a few large ones, with links, modes, times, attributes and odd names."""
import hashlib
import os
import sys


def content(seed, length):
    block = hashlib.shake_128(seed.to_bytes(4, 'little')).digest(4099)
    return (block * (length // 4099 + 1))[:length]


def write(path, data, mode=0o644):
    with open(path, 'wb') as file:
        file.write(data)
    os.chmod(path, mode)


def small_files(count):
    for number in range(count):
        folder = f'folder-{number % 37}/{number % 5}'
        os.makedirs(folder, exist_ok=True)
        text = ''.join(f'line {line} of file {number}\n' for line in range(number % 60))
        write(f'{folder}/file-{number}.txt', text.encode(), 0o755 if number % 11 == 0 else 0o644)


def large_files():
    for number, length in enumerate([0, 1, 65_536, 1 << 20, (1 << 20) + 1, 5_000_003]):
        write(f'large-{number}', content(number, length))
    with open('sparse', 'wb') as file:
        file.seek(9_000_000)
        file.write(b'the end')


def links():
    os.symlink('large-1', 'link')
    os.symlink('nowhere', 'broken link')
    os.symlink('folder-1', 'link to a folder')
    os.link('large-3', 'folder-2/same file')
    os.link('large-3', 'another name')


def oddities():
    os.makedirs('empty folder', exist_ok=True)
    for name in [b'white space', b'new\nline', 'Übergröße'.encode(), b'n' * 255, b'-dash']:
        write(name, name)
    write('read-only', b'not to be changed', 0o400)
    os.setxattr('large-1', 'user.note', b'an attribute')
    os.utime('large-2', ns=(10**18, 951782400123456789))


def main():
    _, folder, count, what = sys.argv
    os.makedirs(folder)
    os.chdir(folder)
    small_files(int(count))
    if what == 'all':
        large_files()
        links()
        oddities()


main()
