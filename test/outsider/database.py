"""manifest.db: decrypts the pages and the write-ahead log, then lets sqlite3 read the plain copy."""
import hmac
import os
import sqlite3
import struct
import tempfile

from chacha_poly import chacha20, poly1305
from layout import Refused, must

RESERVED = 32
LOCK_BYTE = 2 ** 30


def decrypt_page(key, number, page):
    """The last 32 bytes are nonce and tag; bytes 16-23 of page 1 are not encrypted, 0-15 are a salt of no use here."""
    end = len(page) - RESERVED
    nonce, tag = page[end:end + 16], page[end + 16:]
    counter = int.from_bytes(nonce[12:], 'little') ^ number
    once = chacha20(key, nonce[:12], counter, bytes(64))
    must(hmac.compare_digest(poly1305(once[:32], page[:end + 16]), tag), 'page %d of manifest.db does not verify' % number)
    start = 24 if number == 1 else 0
    plain = chacha20(once[32:], nonce[:12], counter + 1, page[start:end])
    return (b'SQLite format 3\0' + page[16:24] if number == 1 else b'') + plain + page[end:]


def checksum(state, data, order):
    a, b = state
    words = struct.unpack(order + '%dI' % (len(data) // 4), data)
    for x, y in zip(words[::2], words[1::2]):
        a = a + x + b & 0xFFFFFFFF
        b = b + y + a & 0xFFFFFFFF
    return a, b


def read_wal(wal, page_size):
    """({page number: newest committed page}, pages of the database) or ({}, None). SQLite file format, section 4."""
    pages, count, pending = {}, None, {}
    if len(wal) < 32:
        return pages, count
    magic, _, size = struct.unpack('>3I', wal[:12])
    must(magic in (0x377F0682, 0x377F0683) and size == page_size, 'manifest.db-wal is malformed')
    order = '<' if magic == 0x377F0682 else '>'
    state = checksum((0, 0), wal[:24], order)
    if state != struct.unpack('>2I', wal[24:32]):
        return pages, count
    for at in range(32, len(wal) - 24 - page_size + 1, 24 + page_size):
        frame, page = wal[at:at + 24], wal[at + 24:at + 24 + page_size]
        number, commit = struct.unpack('>2I', frame[:8])
        state = checksum(checksum(state, frame[:8], order), page, order)
        if frame[8:16] != wal[16:24] or state != struct.unpack('>2I', frame[16:]):
            break
        pending[number] = page
        if commit:
            pages.update(pending)
            pending, count = {}, commit
    return pages, count


def key_of(keys, data):
    """The key that page 1 authenticates under; the first where it does under none."""
    if len(data) < 4096:
        return keys[0]  # it is refused where it is decrypted
    for key in keys:
        try:
            decrypt_page(key, 1, data[:4096])
            return key
        except Refused:
            continue
    return keys[0]


def decrypt(key, data, wal):
    must(len(data) >= 512 and data[20] == RESERVED, 'manifest.db is not an encrypted database')
    size = int.from_bytes(data[16:18], 'big')
    size = 65536 if size == 1 else size
    must(size >= 512 and size & size - 1 == 0, 'manifest.db has an impossible page size')
    newer, count = read_wal(wal, size)
    plain = bytearray()
    for number in range(1, (count or len(data) // size) + 1):
        at = (number - 1) * size
        page = newer.get(number, data[at:at + size])
        must(len(page) == size, 'manifest.db ends early')
        plain += page if at == LOCK_BYTE else decrypt_page(key, number, page)
    plain[18:20] = b'\1\1'  # no write-ahead log belongs to the copy
    return bytes(plain)


def connect(plain):
    """A connection to the plain copy: in memory where Python can (3.11), else by way of a private temporary file."""
    connection = sqlite3.connect(':memory:')
    if hasattr(connection, 'deserialize'):
        connection.deserialize(plain)
        return connection
    handle, path = tempfile.mkstemp(dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(plain)
        source = sqlite3.connect(path)
        source.backup(connection)
        source.close()
    finally:
        os.unlink(path)
    return connection
