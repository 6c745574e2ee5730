"""Cube files: verified decryption (FORMAT.md, "Cube file")."""
import os

import aes_gcm
from keys import cube_secret, hkdf
from layout import Cursor, Refused, base32_text, must, root_of, root_of_blocks, u32

VERTEX = 65536


def nonce(index):
    return index.to_bytes(12, 'big')


def parse_header(data, cube_id):
    """(epoch, pad, count, last, salt, tags, sealed)"""
    must(len(data) > 4096, 'the file is shorter than a header')
    cursor = Cursor(data[:4096])
    must(cursor.take(8) == b'SHERIN::' and cursor.u16() == 1 and cursor.u16() == 1, 'not a cube of version 1, suite 1')
    flags = cursor.u32()
    pad = flags & 3
    must(flags & 0xFFFC == 0 and pad < 3, 'unknown flags')
    must(cursor.take(32) == cube_id, 'the cube has another ID')
    salt, count, last = cursor.take(32), cursor.u32(), cursor.u32()
    must(1 <= count <= 16 and 4096 <= last <= VERTEX and last % 4096 == 0, 'vertex count or length')
    cursor.take(32)
    tags = [cursor.take(16) for _ in range(16)]
    must(not any(b''.join(tags[count:])), 'an unused tag is not zero')
    sealed = cursor.take(576)
    cursor.take(64)
    must(not any(cursor.take(3080)), 'reserved bytes are not zero')
    must(len(data) == 4096 + (count - 1) * VERTEX + last, 'the file has another size')
    return flags >> 16, pad, count, last, salt, tags, sealed


def stored_shape(length, pad):
    count = -(-length // VERTEX)
    if pad == 2:
        return 16, VERTEX
    return count, VERTEX if pad == 1 else -(-(length - (count - 1) * VERTEX) // 4096) * 4096


def open_cube(master, cube, data):
    epoch, pad, count, last, salt, tags, sealed = parse_header(data, cube.id)
    key = aes_gcm.Key(hkdf(cube_secret(master, epoch), salt, b'vertex' + cube.id + u32(epoch)))
    cursor = Cursor(key.decrypt(nonce(2 ** 32 - 1), data[:376], sealed[:560], sealed[560:]))
    hashes = [cursor.take(32) for _ in range(16)]
    length, used = cursor.u32(), -(-cube.length // VERTEX)
    must(length == cube.length and not any(cursor.take(44)), 'the sealed part has another length')
    must((count, last) == stored_shape(length, pad), 'the stored length does not fit')
    must(not any(b''.join(hashes[used:])), 'an unused vertex hash is not zero')
    must(root_of(hashes[:used]) == cube.root, 'the cube has another root')
    content = bytearray()
    for i in range(count):
        at = 4096 + i * VERTEX
        vertex = key.decrypt(nonce(i), data[:88], data[at:at + VERTEX], tags[i])
        size = max(0, min(VERTEX, length - i * VERTEX))
        must(i >= used or root_of_blocks(vertex[:size]) == hashes[i], 'vertex %d has another hash' % i)
        must(not any(vertex[size:]), 'padding of vertex %d is not zero' % i)
        content += vertex[:size]
    return bytes(content)


def read_cube(vault, master, cube):
    """The content of a cube; what is wrong is said with the cube's ID."""
    name = base32_text(cube.id)
    try:
        with open(os.path.join(vault, 'cubes', name[:2], name + '.cube'), 'rb') as file:
            return open_cube(master, cube, file.read(4097 + 2 ** 20))
    except aes_gcm.TagMismatch:
        raise Refused('cube %s: a GCM tag does not match' % name) from None
    except Refused as error:
        raise Refused('cube %s: %s' % (name, error)) from None
    except FileNotFoundError:
        raise Refused('cube %s is missing' % name) from None
