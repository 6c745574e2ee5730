"""Byte layouts, base32, base64, canonical JSON, Merkle trees: the alphabet of FORMAT.md."""
import base64
import binascii
import hashlib
import json


class Refused(Exception):
    """The bytes are not what the format and the signatures say."""


def must(holds, part):
    if not holds:
        raise Refused(part)


def sha256(*parts):
    return hashlib.sha256(b''.join(parts)).digest()


def u32(value):
    return value.to_bytes(4, 'little')


def u64(value):
    return value.to_bytes(8, 'little')


class Cursor:
    """Reads a layout from its start, little-endian, never past its end."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, length):
        must(self.at + length <= len(self.data), 'a structure ends early')
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, length, signed=False):
        return int.from_bytes(self.take(length), 'little', signed=signed)

    def u8(self):
        return self.number(1)

    def u16(self):
        return self.number(2)

    def u32(self):
        return self.number(4)

    def u64(self):
        return self.number(8)

    def i64(self):
        return self.number(8, signed=True)

    def end(self):
        must(self.at == len(self.data), 'bytes are left over after a structure')


def base32_text(data):
    return base64.b32encode(data).decode().rstrip('=').lower()


def base32_bytes(text):
    try:
        data = base64.b32decode(text.upper() + '=' * (-len(text) % 8))
    except binascii.Error:
        raise Refused('not base32') from None
    must(base32_text(data) == text, 'base32 is not canonical')
    return data


def base64_bytes(text, length):
    must(isinstance(text, str), 'base64 is wanted')
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused('not base64') from None
    must(base64.b64encode(data).decode() == text and len(data) == length, 'base64 of another length or form')
    return data


def jcs(value):
    """RFC 8785. Numbers here are whole; names are ASCII, so that sorting by code point is sorting by UTF-16 unit."""
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


def parse_jcs(data):
    def refuse(text):
        raise Refused('a number that is not whole')

    try:
        value = json.loads(data.decode(), parse_float=refuse, parse_constant=refuse)
    except ValueError:
        raise Refused('not JSON') from None
    must(isinstance(value, dict) and jcs(value) == data, 'JSON is not a canonical object')
    return value


def members(value, *names):
    must(isinstance(value, dict) and set(value) == set(names), 'members of an object are not ' + ', '.join(names))
    return value


def whole(value, least, most):
    must(type(value) is int and least <= value <= most, 'a whole number from %d to %d is wanted' % (least, most))
    return value


def leaf_hash(data):
    return sha256(b'\0', data)


def root_of(hashes):
    """MTH over leaf hashes (RFC 9162 section 2.1.1): pairs from the left, an odd one moves up as it is."""
    if not hashes:
        return sha256()
    while len(hashes) > 1:
        odd = hashes[len(hashes) & ~1:]
        hashes = [sha256(b'\1', a, b) for a, b in zip(hashes[::2], hashes[1::2])] + odd
    return hashes[0]


def root_of_blocks(data):
    return root_of([leaf_hash(data[at:at + 4096]) for at in range(0, len(data), 4096)])
