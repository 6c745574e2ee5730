#include "merkle.h"

#include <algorithm>
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

constexpr size_t kLanes = 16;

/** Of 16 blocks that follow each other. */
void LeafHashesInRow(const uint8_t* data, Hash* out) {
  const uint8_t* blocks[kLanes];
  for (size_t i = 0; i < kLanes; ++i) blocks[i] = data + i * kBlock;
  LeafHashes16(blocks, out);
}

/** Kernels of our own are used where the CPU has them and, once a process, agree with OpenSSL. */
bool Lanes() {
  static const bool good = HasSha256Lanes() && Agrees(kLanes, LeafHashesInRow);
  return good;
}
bool Pairs() {
  static const bool good = HasSha256Pairs() && Agrees(2, LeafHashes2);
  return good;
}

// Fewer pairs are faster one after another.
constexpr size_t kLeastPairsForLanes = 4;

/** Fewer blocks are faster one after another, or two by two: empty lanes take their time as well. */
size_t LeastBlocksForLanes() { return Pairs() ? 10 : 4; }

/** Leaf hashes of at most 16 whole blocks, wherever they lie. */
void LeafHashesOf(const uint8_t* const* blocks, size_t count, Hash* out) {
  if (Lanes() && count >= LeastBlocksForLanes()) {
    const uint8_t* lanes[kLanes];
    Hash hashes[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = blocks[std::min(lane, count - 1)];
    LeafHashes16(lanes, hashes);
    std::copy_n(hashes, count, out);
    return;
  }
  for (size_t done = 0; done < count;) {
    if (Pairs() && done + 1 < count && blocks[done + 1] == blocks[done] + kBlock) {
      LeafHashes2(blocks[done], out + done);
      done += 2;
    } else {
      out[done] = HashPrefixed(kLeafPrefix, blocks[done], kBlock);
      ++done;
    }
  }
}

size_t WholeBlocksOf(Bytes data) { return data.size / kBlock; }
bool HasRest(Bytes data) { return data.size % kBlock > 0; }
/** Of the block behind the whole ones, as short as it is. */
Hash RestHash(Bytes data) {
  const size_t whole = data.size - data.size % kBlock;
  return HashPrefixed(kLeafPrefix, data.data + whole, data.size - whole);
}

void NodesOf(const Hash* pairs, size_t count, Hash* out) {
  size_t done = 0;
  while (Lanes() && count - done >= kLeastPairsForLanes) {
    const size_t now = std::min(kLanes, count - done);
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
  const size_t whole = WholeBlocksOf(data);
  for (size_t done = 0; done < whole; done += kLanes) {
    const size_t now = std::min(kLanes, whole - done);
    const uint8_t* blocks[kLanes];
    for (size_t i = 0; i < now; ++i) blocks[i] = data.data + (done + i) * kBlock;
    LeafHashesOf(blocks, now, out + done);
  }
  if (!HasRest(data)) return whole;
  out[whole] = RestHash(data);
  return whole + 1;
}

Hash RootOfHashes(const Hash* hashes, size_t count) {
  if (count == 1) return hashes[0];
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

std::vector<Hash> RootsOfBlocks(const std::vector<Bytes>& pieces) {
  std::vector<const uint8_t*> blocks;
  for (const Bytes& data : pieces) {
    for (size_t i = 0; i < WholeBlocksOf(data); ++i) blocks.push_back(data.data + i * kBlock);
  }
  std::vector<Hash> hashes(blocks.size()), roots;
  for (size_t done = 0; done < blocks.size(); done += kLanes) {
    LeafHashesOf(blocks.data() + done, std::min(kLanes, blocks.size() - done), hashes.data() + done);
  }
  auto next = hashes.begin();
  for (const Bytes& data : pieces) {
    const auto first = std::exchange(next, next + static_cast<ptrdiff_t>(WholeBlocksOf(data)));
    std::vector<Hash> leaves(first, next);
    if (HasRest(data)) leaves.push_back(RestHash(data));
    roots.push_back(RootOfHashes(leaves.data(), leaves.size()));
  }
  return roots;
}

Hash VertexHash(Bytes data) {
  Hash leaves[kBlocksPerVertex];
  return RootOfHashes(leaves, LeavesOf(data, leaves));
}

}  // namespace sherin
