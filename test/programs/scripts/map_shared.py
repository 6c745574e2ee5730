"""Two processes write one file through shared maps: each sees the other's bytes, and so does read(2), then and later."""
import hashlib
import mmap
import os
import sys

_, path, pages = sys.argv
size = int(pages) * mmap.PAGESIZE


def page(number):
    block = hashlib.shake_128(number.to_bytes(4, 'little')).digest(mmap.PAGESIZE - 1)
    return bytes([number % 251 + 1]) + block


def write_own(view, own):
    for number in range(own, int(pages), 2):
        # Backwards for one of them, and in two parts.
        at = number if own == 0 else int(pages) - 1 - (number - 1)
        data = page(at)
        view[at * mmap.PAGESIZE + 1:(at + 1) * mmap.PAGESIZE] = data[1:]
        view[at * mmap.PAGESIZE] = data[0]
        if number % 16 == own:
            view.flush(at * mmap.PAGESIZE, mmap.PAGESIZE)


def check(data):
    for number in range(int(pages)):
        got = data[number * mmap.PAGESIZE:(number + 1) * mmap.PAGESIZE]
        assert got == page(number), f'page {number} is not what was written'


file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
os.ftruncate(file, size)
view = mmap.mmap(file, size)
child = os.fork()
if child == 0:
    with mmap.mmap(os.open(path, os.O_RDWR), size) as own:
        write_own(own, 1)
    os._exit(0)
write_own(view, 0)
_, status = os.waitpid(child, 0)
assert status == 0, 'the other process failed'
check(view)
check(os.pread(file, size, 0))
# A write(2) shows in the map, and a private map leaves the file alone.
os.pwrite(file, b'written', 10)
assert view[10:17] == b'written'
with mmap.mmap(file, size, mmap.MAP_PRIVATE) as private:
    private[10:17] = b'private'
assert os.pread(file, 7, 10) == b'written'
view[10:17] = page(0)[10:17]
view.close()
os.close(file)
with open(path, 'rb') as again:
    check(again.read())
print('good')
