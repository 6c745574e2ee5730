"""The manifest's log without its database (FORMAT.md, "Copy of the log")."""
import os
import re

import aes_gcm
from keys import check_signature, hkdf, journal_keys
from layout import Cursor, Refused, must, sha256, u32, u64

HEAD, FRAME, END, HEAD_ENTRY, GROUPS = 64, 2 ** 20, 68, 261, 2 ** 18
RECORD, NODE, TREE_HEAD = 1, 2, 3


class Segment:
    """The groups of one file up to the last one that is signed; `data` is empty where none is."""

    def __init__(self, data, number, uuid, public_key):
        cursor = Cursor(data[:HEAD])
        must(cursor.take(8) == b'SHERIN:L' and cursor.u16() == 1 and cursor.u16() == 1,
             'log/%08d.log is no segment of version 1, suite 1' % number)
        must(cursor.u32() == number, 'log/%08d.log has the number of another one' % number)
        self.number, self.salt, self.first = number, cursor.take(32), cursor.u64()
        must(not any(cursor.take(8)), 'reserved bytes of a segment are not zero')
        self.head, self.data = data[:HEAD], b''
        for end in reversed(group_ends(data)):
            try:
                check_signature(public_key, uuid, 'log-copy', sha256(data[:end - END]), data[end - 64:end])
            except Refused:
                continue
            self.data = data[HEAD:end]
            break

    def open_frame(self, keys, index, length, sealed):
        nonce, aad = index.to_bytes(12, 'big'), self.head + u32(length)
        for key in keys:
            try:
                return key.decrypt(nonce, aad, sealed[:-16], sealed[-16:])
            except aes_gcm.TagMismatch:
                continue
        raise Refused('frame %d of log/%08d.log does not open' % (index, self.number))

    def entries(self, master):
        """(type, bytes) of all its groups, in order."""
        info = b'segment' + u64(self.number)
        keys = [aes_gcm.Key(hkdf(key, self.salt, info)) for key in journal_keys(master)]
        cursor, index = Cursor(self.data), 0
        while cursor.at < len(self.data):
            plain = b''
            length = cursor.u32()
            while length:
                plain += self.open_frame(keys, index, length, cursor.take(length + 16))
                index, length = index + 1, cursor.u32()
            cursor.take(64)
            group = Cursor(plain)
            while group.at < len(plain):
                kind, data = group.u8(), group.take(group.u32())
                must((kind == TREE_HEAD) == (group.at == len(plain)), 'a head stands where no group ends')
                yield kind, data


def group_ends(data):
    """Where each group ends that has the form of one."""
    ends, at, before = [], HEAD, 0
    while at + 4 <= len(data) and len(ends) < GROUPS:
        length = int.from_bytes(data[at:at + 4], 'little')
        if length > FRAME or (length == 0 and before != HEAD_ENTRY):
            break
        at += 4 + length + 16 if length else END
        if at > len(data):
            break
        if not length:
            ends.append(at)
        before = length
    return ends


def segments_in(folder, uuid, public_key):
    """Those that count, in the order of the log."""
    counting = []
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    for name in filter(re.compile(r'\d{8}\.log').fullmatch, names):
        with open(os.path.join(folder, name), 'rb') as file:
            segment = Segment(file.read(), int(name[:8]), uuid, public_key)
        if not segment.data:
            continue
        while counting and counting[-1].first >= segment.first:
            counting.pop()
        counting.append(segment)
    return counting


def read_log(folder, master, public_key):
    """(layout and signature of the last head, records, nodes by ID)"""
    head, records, nodes = None, [], {}
    for segment in segments_in(folder, master.uuid, public_key):
        must(segment.first <= len(records), 'the copy of the log lacks records from %d on' % len(records))
        del records[segment.first:]
        for kind, data in segment.entries(master):
            must(kind in (RECORD, NODE, TREE_HEAD), 'an entry of the copy of the log has no known type')
            if kind == RECORD:
                records.append(data)
            elif kind == NODE:
                nodes[sha256(b'\2', data)] = data
            else:
                head = data[:-64], data[-64:]
    must(head is not None, 'there is neither manifest.db nor a copy of its log')
    return head, records, nodes
