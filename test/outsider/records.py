"""Records of the manifest log (FORMAT.md, "Manifest log")."""
from collections import namedtuple

from layout import Cursor, must

FILE, DIRECTORY, LINK, FIFO, SOCKET = range(1, 6)

Attributes = namedtuple('Attributes', 'kind mode uid gid atime mtime ctime target xattrs')
SetAttributes = namedtuple('SetAttributes', 'inode attributes')
Link = namedtuple('Link', 'parent inode name')
Unlink = namedtuple('Unlink', 'parent name')
Rename = namedtuple('Rename', 'parent name new_parent new_name exchange')
Put = namedtuple('Put', 'inode namespace date tag length root node')
Policy = namedtuple('Policy', 'parent name tag')
Collect = namedtuple('Collect', 'by puts objects')
Layout = namedtuple('Layout', 'object node')
Other = namedtuple('Other', 'type')


def take_name(cursor):
    name = cursor.take(cursor.u16())
    must(1 <= len(name) <= 255 and b'/' not in name and b'\0' not in name and name not in (b'.', b'..'), 'a bad name')
    return name


def take_attributes(cursor):
    inode, kind, mode, uid, gid = cursor.u64(), cursor.u8(), cursor.u16(), cursor.u32(), cursor.u32()
    must(FILE <= kind <= SOCKET and mode <= 0o7777, 'bad attributes')
    times = [cursor.i64() for _ in range(3)]
    target = cursor.take(cursor.u16())
    xattrs = [(cursor.take(cursor.u16()), cursor.take(cursor.u32())) for _ in range(cursor.u16())]
    return SetAttributes(inode, Attributes(kind, mode, uid, gid, *times, target, xattrs))


def take_put(cursor):
    inode, namespace, date, tag = cursor.u64(), cursor.take(cursor.u8()), cursor.u32(), cursor.take(16)
    length, root = cursor.u64(), cursor.take(32)
    cursor.take(16)
    for _ in range(cursor.u8()):
        cursor.take(cursor.u8())
    for _ in range(3):
        cursor.take(cursor.u8())
    return Put(inode, namespace, date, tag, length, root, cursor.take(cursor.u32()))


def take_rename(cursor):
    rename = Rename(cursor.u64(), take_name(cursor), cursor.u64(), take_name(cursor), cursor.u8())
    must(rename.exchange <= 1, 'a bad rename')
    return rename


def take_ascending(cursor, least):
    count = cursor.u32()
    must(count <= 8192, 'a list too long')
    numbers = [cursor.u64() for _ in range(count)]
    must(numbers == sorted(set(numbers)) and all(number >= least for number in numbers), 'a list out of order')
    return numbers


def take_collect(cursor):
    collect = Collect(cursor.u8(), take_ascending(cursor, 0), take_ascending(cursor, 1))
    must(collect.by in (1, 2), 'versions given up by nobody')
    return collect


def take_layout(cursor):
    number = cursor.u64()
    must(number > 0, 'object 0')
    cursor.take(16)
    return Layout(number, cursor.take(cursor.u32()))


BODIES = {
    1: take_attributes,
    2: lambda cursor: Link(cursor.u64(), cursor.u64(), take_name(cursor)),
    3: lambda cursor: Unlink(cursor.u64(), take_name(cursor)),
    4: take_rename,
    5: take_put,
    6: lambda cursor: Policy(cursor.u64(), take_name(cursor), cursor.u8()),
    7: lambda cursor: cursor.take(cursor.u32()) and Other(7),
    8: lambda cursor: cursor.take(33) and Other(8),
    9: lambda cursor: cursor.take(32) and Other(9),
    10: take_collect,
    11: take_layout,
}


def decode_record(data):
    cursor = Cursor(data)
    kind, version, zero = cursor.u8(), cursor.u8(), cursor.u16()
    cursor.i64()
    must(kind in BODIES and version == 1 and zero == 0, 'a record of an unknown kind')
    body = BODIES[kind](cursor)
    cursor.end()
    return body
