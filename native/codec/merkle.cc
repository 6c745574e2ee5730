#include "merkle.h"

#include <algorithm>
#include <array>
#include <utility>

#include "../crypto/openssl.h"
#include "sha256_lanes.h"
#include "sha256_pairs.h"

namespace sherin {
namespace {

constexpr uint8_t kLeafPrefix = 0, kNodePrefix = 1;

/** One hashing context per thread: making one costs more than hashing a node. */
EVP_MD_CTX* Context() {
  thread_local const MdContext context(EVP_MD_CTX_new());
  Require(context != nullptr, "EVP_MD_CTX_new");
  return context.get();
}

Hash HashPrefixed(uint8_t prefix, const uint8_t* data, size_t size) {
  EVP_MD_CTX* const context = Context();
  Hash out;
  Require(EVP_DigestInit_ex2(context, Sha256(), nullptr) == 1 && EVP_DigestUpdate(context, &prefix, 1) == 1 &&
              EVP_DigestUpdate(context, data, size) == 1 && EVP_DigestFinal_ex(context, out.data(), nullptr) == 1,
          "SHA-256");
  return out;
}

/** Whether a kernel of our own finds the hashes that OpenSSL finds, of a vertex whose bytes all differ from their neighbours. */
template <typename Kernel>
bool Agrees(size_t step, Kernel kernel) {
  std::vector<uint8_t> vertex(kVertex);
  for (size_t i = 0; i < kVertex; ++i) vertex[i] = static_cast<uint8_t>((i * 0x9e3779b1) >> 13);
  std::vector<Hash> found(step);
  for (size_t at = 0; at < kBlocksPerVertex; at += step) {
    kernel(vertex.data() + at * kBlock, found.data());
    for (size_t i = 0; i < step; ++i) {
      if (found[i] != HashPrefixed(kLeafPrefix, vertex.data() + (at + i) * kBlock, kBlock)) return false;
    }
  }
  return true;
}

/** Of 16 blocks that follow each other. */
void LeafHashesInRow(const uint8_t* data, Hash* out) {
  const uint8_t* blocks[16];
  for (size_t i = 0; i < 16; ++i) blocks[i] = data + i * kBlock;
  LeafHashes16(blocks, out);
}

/** Kernels of our own are used where the CPU has them and, once a process, agree with OpenSSL. */
bool Lanes() {
  static const bool good = HasSha256Lanes() && Agrees(16, LeafHashesInRow);
  return good;
}
bool Pairs() {
  static const bool good = HasSha256Pairs() && Agrees(2, LeafHashes2);
  return good;
}

// Fewer pairs, or blocks, are faster one after another.
constexpr size_t kLeastPairsForLanes = 4;
constexpr size_t kLeastBlocksForLanes = 4;

void NodesOf(const Hash* pairs, size_t count, Hash* out) {
  size_t done = 0;
  while (Lanes() && count - done >= kLeastPairsForLanes) {
    const size_t now = std::min<size_t>(16, count - done);
    NodeHashes16(pairs + 2 * done, now, out + done);
    done += now;
  }
  for (; done < count; ++done) out[done] = HashPrefixed(kNodePrefix, pairs[2 * done].data(), 2 * sizeof(Hash));
}

}  // namespace

Hash LeafHash(Bytes data) { return HashPrefixed(kLeafPrefix, data.data, data.size); }

Hash NodeHash(const Hash& left, const Hash& right) {
  const Hash pair[] = {left, right};
  return HashPrefixed(kNodePrefix, pair[0].data(), sizeof pair);
}

size_t LeavesOf(Bytes data, Hash* out) {
  size_t count = 0, at = 0;
  if (Lanes()) {
    for (; at + kVertex <= data.size; at += kVertex, count += kBlocksPerVertex) LeafHashesInRow(data.data + at, out + count);
  }
  if (Pairs()) {
    for (; at + 2 * kBlock <= data.size; at += 2 * kBlock, count += 2) LeafHashes2(data.data + at, out + count);
  }
  for (; at < data.size; at += kBlock) {
    out[count++] = HashPrefixed(kLeafPrefix, data.data + at, std::min(kBlock, data.size - at));
  }
  return count;
}

Hash RootOfHashes(const Hash* hashes, size_t count) {
  if (count == 0) {
    Hash out;
    Require(EVP_Digest(nullptr, 0, out.data(), nullptr, Sha256(), nullptr) == 1, "SHA-256");
    return out;
  }
  // Level by level: pairing from the left and lifting an odd last hash gives the tree that the RFC defines from the top.
  std::vector<Hash> level(hashes, hashes + count);
  while (level.size() > 1) {
    const size_t pairs = level.size() / 2;
    std::vector<Hash> above(pairs);
    NodesOf(level.data(), pairs, above.data());
    if (level.size() % 2 == 1) above.push_back(level.back());
    level = std::move(above);
  }
  return level[0];
}

Hash RootOfBlocks(Bytes data) {
  std::vector<Hash> leaves((data.size + kBlock - 1) / kBlock);
  LeavesOf(data, leaves.data());
  return RootOfHashes(leaves.data(), leaves.size());
}

namespace {

/** Leaf hashes of whole blocks, wherever they lie. */
void HashBlocks(const std::vector<const uint8_t*>& blocks, const std::vector<Hash*>& out) {
  for (size_t done = 0; done < blocks.size();) {
    const size_t now = std::min<size_t>(16, blocks.size() - done);
    if (now < kLeastBlocksForLanes) {
      *out[done] = HashPrefixed(kLeafPrefix, blocks[done], kBlock);
      ++done;
      continue;
    }
    const uint8_t* lanes[16];
    Hash hashes[16];
    for (size_t lane = 0; lane < 16; ++lane) lanes[lane] = blocks[done + std::min(lane, now - 1)];
    LeafHashes16(lanes, hashes);
    for (size_t lane = 0; lane < now; ++lane) *out[done + lane] = hashes[lane];
    done += now;
  }
}

}  // namespace

std::vector<Hash> VertexHashes(const std::vector<Bytes>& vertices) {
  std::vector<Hash> roots;
  roots.reserve(vertices.size());
  if (!Lanes()) {
    for (const Bytes& data : vertices) roots.push_back(VertexHash(data));
    return roots;
  }
  std::vector<std::array<Hash, kBlocksPerVertex>> leaves(vertices.size());
  std::vector<const uint8_t*> blocks;
  std::vector<Hash*> out;
  for (size_t i = 0; i < vertices.size(); ++i) {
    const Bytes& data = vertices[i];
    for (size_t at = 0; at < data.size; at += kBlock) {
      Hash& leaf = leaves[i][at / kBlock];
      if (data.size - at < kBlock) {
        leaf = HashPrefixed(kLeafPrefix, data.data + at, data.size - at);
      } else {
        blocks.push_back(data.data + at);
        out.push_back(&leaf);
      }
    }
  }
  HashBlocks(blocks, out);
  for (size_t i = 0; i < vertices.size(); ++i) {
    roots.push_back(RootOfHashes(leaves[i].data(), (vertices[i].size + kBlock - 1) / kBlock));
  }
  return roots;
}

Hash VertexHash(Bytes data) {
  Hash leaves[kBlocksPerVertex];
  return RootOfHashes(leaves, LeavesOf(data, leaves));
}

}  // namespace sherin
