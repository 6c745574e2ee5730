"""Objects: index nodes to slots (FORMAT.md, "Objects")."""
from collections import namedtuple

from layout import Cursor, leaf_hash, must, root_of, root_of_blocks, sha256

SLOT = 2 ** 20
VERTEX = 65536

Cube = namedtuple('Cube', 'length id root')
# cube None: a hole
Piece = namedtuple('Piece', 'vertices first cube')
Slot = namedtuple('Slot', 'length root pieces')

hole_roots = {}


def hole(length):
    if length not in hole_roots:
        hole_roots[length] = root_of_blocks(bytes(length))
    return Slot(length, hole_roots[length], [Piece(-(-length // VERTEX), 0, None)])


def take_cube(cursor):
    cube = Cube(cursor.u32(), cursor.take(32), cursor.take(32))
    must(1 <= cube.length <= SLOT, 'a cube of an impossible length')
    return cube


def take_piece(cursor):
    kind, vertices = cursor.u8(), cursor.u8()
    must(kind <= 1 and vertices >= 1, 'a bad piece')
    return Piece(vertices, cursor.u8() if kind else 0, take_cube(cursor) if kind else None)


def take_slot(cursor, length):
    kind = cursor.u8()
    if kind == 0:
        return hole(length)
    if kind == 1:
        cube = take_cube(cursor)
        must(cube.length == length, 'a cube is not its whole slot')
        return Slot(length, cube.root, [Piece(-(-length // VERTEX), 0, cube)])
    must(kind == 2, 'a bad slot')
    root = cursor.take(32)
    pieces = [take_piece(cursor) for _ in range(cursor.u8())]
    left = length
    for piece in pieces:
        size = min(left, piece.vertices * VERTEX)
        must(-(-size // VERTEX) == piece.vertices, 'a piece passes the end of its slot')
        if piece.cube:
            first = piece.first * VERTEX
            must(min(piece.cube.length, first + piece.vertices * VERTEX) - first == size, 'a piece does not fit its cube')
        left -= size
    must(left == 0, 'pieces do not fill their slot')
    return Slot(length, root, pieces)


def walk(manifest, node, level, start, length):
    """Slots below a node whose first slot starts at byte `start` of the file."""
    span = SLOT * 64 ** level
    end = min(length, start + 64 * span)
    cursor = Cursor(node)
    count = -(-(end - start) // span)
    must((cursor.u8(), cursor.u8(), cursor.u16()) == (0x4E, level, count), 'an index node does not fit its place')
    for at in range(start, end, span):
        if level == 0:
            yield take_slot(cursor, min(SLOT, end - at))
        else:
            kind = cursor.u8()
            must(kind <= 1, 'a bad entry of an index node')
            if kind == 0:
                yield from (hole(min(SLOT, end - slot)) for slot in range(at, min(end, at + span), SLOT))
            else:
                node_id = cursor.take(32)
                must(node_id in manifest.nodes, 'an index node is missing')
                must(sha256(b'\2', manifest.nodes[node_id]) == node_id, 'an index node has another ID')
                yield from walk(manifest, manifest.nodes[node_id], level - 1, at, length)
    cursor.end()


def slots_of(manifest, put):
    """All slots of a version, checked against its object root."""
    level = 0
    while SLOT * 64 ** (level + 1) < put.length:
        level += 1
    slots = list(walk(manifest, manifest.tree.root_node(put), level, 0, put.length))
    must(root_of([leaf_hash(slot.root) for slot in slots]) == put.root, 'the slots do not lead to the object root')
    return slots
