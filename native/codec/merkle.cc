#include "merkle.h"

#include <algorithm>
#include <vector>

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

/** Kernels of our own are used where the CPU has them and, once a process, agree with OpenSSL. */
bool Lanes() {
  static const bool good = HasSha256Lanes() && Agrees(16, LeafHashes16);
  return good;
}
bool Pairs() {
  static const bool good = HasSha256Pairs() && Agrees(2, LeafHashes2);
  return good;
}

// Fewer pairs are faster one after another.
constexpr size_t kLeastPairsForLanes = 4;

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

size_t LeavesOf(Bytes data, Hash* out) {
  size_t count = 0, at = 0;
  if (Lanes()) {
    for (; at + kVertex <= data.size; at += kVertex, count += kBlocksPerVertex) LeafHashes16(data.data + at, out + count);
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

Hash VertexHash(Bytes data) {
  Hash leaves[kBlocksPerVertex];
  return RootOfHashes(leaves, LeavesOf(data, leaves));
}

}  // namespace sherin
