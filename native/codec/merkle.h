#pragma once
#include <vector>

#include "../memory/bytes.h"
#include "layout.h"

namespace sherin {

/** Merkle tree hash of RFC 9162 section 2.1.1 over SHA-256. */

/** SHA-256(0x00 ‖ data). */
Hash LeafHash(Bytes data);
/** SHA-256(0x01 ‖ left ‖ right). */
Hash NodeHash(const Hash& left, const Hash& right);
/** Leaf hashes of the 4 KiB blocks of `data` (the last one as short as it is) to `out`; returns their number. */
size_t LeavesOf(Bytes data, Hash* out);
/** Combines hashes (of leaves, or of complete subtrees) as the tree does; none gives SHA-256 of nothing. */
Hash RootOfHashes(const Hash* hashes, size_t count);
/** MTH over the 4 KiB blocks of any amount of data. */
Hash RootOfBlocks(Bytes data);
/** The same of each of many pieces, whose blocks are hashed side by side: a small file has too few for that. */
std::vector<Hash> RootsOfBlocks(const std::vector<Bytes>& pieces);
/** MTH over the blocks of one vertex (at most 64 KiB). */
Hash VertexHash(Bytes data);

}  // namespace sherin
