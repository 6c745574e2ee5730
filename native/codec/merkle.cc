#include "merkle.h"

#include <algorithm>
#include <vector>

#include "../crypto/openssl.h"

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

}  // namespace

size_t LeavesOf(Bytes data, Hash* out) {
  size_t count = 0;
  for (size_t at = 0; at < data.size; at += kBlock) {
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
  if (count == 1) return hashes[0];
  size_t left = 1;  // largest power of two below count
  while (left * 2 < count) left *= 2;
  const Hash pair[2] = {RootOfHashes(hashes, left), RootOfHashes(hashes + left, count - left)};
  static_assert(sizeof pair == 64);
  return HashPrefixed(kNodePrefix, pair[0].data(), sizeof pair);
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
