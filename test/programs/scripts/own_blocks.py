"""Writes the blocks of a file whose turn is one's own, with a sync after some, and reads them back; then over again."""
import os
import sys

_, path, own, writers, blocks = sys.argv
length = 1000
file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
for turn in range(3):
    for block in range(int(own), int(blocks), int(writers)):
        data = f'{turn} {block} '.encode().ljust(length, b'-')
        assert os.pwrite(file, data, block * length) == length
        assert os.pread(file, length, block * length) == data, f'block {block} is not what was written'
        if block % 40 < int(writers):
            os.fsync(file)
