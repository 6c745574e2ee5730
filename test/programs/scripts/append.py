"""Appends records to a file, each in one write: its writer, its number and as many dots as make its length odd."""
import os
import sys

_, path, writer, count = sys.argv
file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
for number in range(int(count)):
    record = f'{writer} {number} {"." * (number * 37 % 5000)}\n'.encode()
    assert os.write(file, record) == len(record)
