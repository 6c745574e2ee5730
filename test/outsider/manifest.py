"""The signed log, replayed to names and inodes (FORMAT.md, "Manifest database" and "Manifest log")."""
import sqlite3

import database
from keys import check_signature, hmac, manifest_keys, subkey
from layout import Cursor, Refused, leaf_hash, must, root_of, u32, u64
from records import DIRECTORY, FILE, Layout, Link, Policy, Put, Rename, SetAttributes, Unlink, decode_record

ROOT = 1


class Inode:
    def __init__(self, attributes):
        self.attributes = attributes
        self.links = 0
        self.names = {}
        self.put = None


def object_of(put):
    return put.namespace, put.tag


class Tree:
    """Inodes by number; `names` of a directory lead to inode numbers. Each record must fit what came before."""

    def __init__(self):
        self.inodes = {}
        self.objects = []
        self.roots = {}

    def inode(self, number):
        must(number in self.inodes, 'a record names an inode that does not exist')
        return self.inodes[number]

    def names(self, number):
        inode = self.inode(number)
        must(inode.attributes.kind == DIRECTORY, 'a record takes something else for a directory')
        return inode.names

    def apply(self, record):
        if isinstance(record, SetAttributes):
            self.set_attributes(record)
        elif isinstance(record, Link):
            self.link(record)
        elif isinstance(record, Unlink):
            self.unlink(record.parent, record.name)
        elif isinstance(record, Rename):
            self.rename(record)
        elif isinstance(record, Put):
            inode = self.inode(record.inode)
            must(inode.attributes.kind == FILE, 'a put into what is no file')
            inode.put = record
            if object_of(record) not in self.roots:
                self.objects.append(object_of(record))
            self.roots[object_of(record)] = record.node
        elif isinstance(record, Layout):
            must(record.object <= len(self.objects), 'a layout of no object')
            self.roots[self.objects[record.object - 1]] = record.node
        elif isinstance(record, Policy):
            must(record.name in self.names(record.parent) and record.tag <= 2, 'a policy for nothing')

    def root_node(self, put):
        """The root node of a version's object: equal content can lie elsewhere since."""
        return self.roots[object_of(put)]

    def set_attributes(self, record):
        if record.inode in self.inodes:
            inode = self.inodes[record.inode]
            must(inode.attributes.kind == record.attributes.kind, 'an inode changes its kind')
            inode.attributes = record.attributes
        else:
            must(record.inode > 0, 'inode 0')
            self.inodes[record.inode] = Inode(record.attributes)

    def link(self, record):
        names, inode = self.names(record.parent), self.inode(record.inode)
        must(record.name not in names and record.inode != ROOT, 'a link where there is one')
        must(inode.attributes.kind != DIRECTORY or inode.links == 0, 'a directory with two links')
        names[record.name] = record.inode
        inode.links += 1

    def unlink(self, parent, name):
        names = self.names(parent)
        must(name in names, 'an unlink of nothing')
        inode = self.inode(names[name])
        must(not inode.names, 'an unlink of a directory with names in it')
        inode.links -= 1
        if inode.links == 0:
            del self.inodes[names[name]]
        del names[name]

    def rename(self, record):
        source, goal = self.names(record.parent), self.names(record.new_parent)
        must(record.name in source, 'a rename of nothing')
        moved, other = source[record.name], goal.get(record.new_name)
        if moved == other:
            return
        if record.exchange:
            must(other is not None, 'an exchange with nothing')
            source[record.name], goal[record.new_name] = other, moved
            return
        if other is not None:
            self.unlink(record.new_parent, record.new_name)
        del source[record.name]
        goal[record.new_name] = moved


class Manifest:
    def __init__(self, tree, nodes):
        self.tree = tree
        self.nodes = nodes


def check_object_id(master, header, tree, put):
    owner = tree.inode(put.inode).attributes.uid if header.owned else 0
    data = put.namespace + b'\0' + u32(owner) + put.root + u64(put.length)
    must(hmac(subkey(master, 'object-id'), data)[:16] == put.tag, 'an object’s ID is not that of its content')


def check_head(master, header, layout, signature, records):
    check_signature(header.public_key, master.uuid, 'manifest-head', layout, signature)
    must(len(layout) == 192, 'the manifest’s head has not 192 bytes')
    cursor = Cursor(layout)
    size, root = cursor.u64(), cursor.take(32)
    cursor.take(16)
    generation, header_hash = cursor.u64(), cursor.take(32)
    must((generation, header_hash) == (header.generation, header.hash), 'vault.json is not the one the manifest was signed under')
    must(size == len(records), 'the manifest has %d records, its head was signed for %d' % (len(records), size))
    must(root_of([leaf_hash(record) for record in records]) == root, 'the manifest’s log is not the one that was signed')


def read_rows(plain):
    connection = database.connect(plain)
    connection.text_factory = bytes
    try:
        head = connection.execute('SELECT layout, signature FROM head WHERE id = 1').fetchone()
        records = connection.execute('SELECT seq, bytes FROM records ORDER BY seq').fetchall()
        nodes = dict(connection.execute('SELECT id, bytes FROM nodes'))
    except sqlite3.DatabaseError as error:
        raise Refused('manifest.db: %s' % error) from None
    finally:
        connection.close()
    must(head is not None and [seq for seq, _ in records] == list(range(len(records))), 'rows of manifest.db are missing')
    return head, [data for _, data in records], nodes


def open_manifest(master, header, data, wal):
    return verified(master, header, *read_rows(database.decrypt(database.key_of(manifest_keys(master), data), data, wal)))


def verified(master, header, head, records, nodes):
    check_head(master, header, *head, records)
    tree = Tree()
    for record in map(decode_record, records):
        if isinstance(record, Put):
            check_object_id(master, header, tree, record)
        tree.apply(record)
    return Manifest(tree, nodes)
