#pragma once
#include <string.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace sherin {

/** Numbers of FORMAT.md, "Cube file". */
constexpr size_t kBlock = 4096;
constexpr size_t kVertex = 64 * 1024;
constexpr size_t kCube = 1024 * 1024;
constexpr size_t kVertices = kCube / kVertex;
constexpr size_t kBlocksPerVertex = kVertex / kBlock;

/** Format version of cubes, the only one so far. */
constexpr uint32_t kFormat = 1;
/** No version of any program is above this (FORMAT.md, "Versions"). */
constexpr uint32_t kHighestFormat = 255;

namespace field {
constexpr size_t kMagic = 0;
constexpr size_t kVersion = 8;
constexpr size_t kSuite = 10;
constexpr size_t kFlags = 12;
constexpr size_t kId = 16;
constexpr size_t kSalt = 48;
constexpr size_t kCount = 80;
constexpr size_t kLast = 84;
constexpr size_t kCiphertextRoot = 88;
constexpr size_t kTags = 120;
constexpr size_t kSealed = 376;
constexpr size_t kSealedTag = 936;
constexpr size_t kSignature = 952;
constexpr size_t kReserved = 1016;
constexpr size_t kBody = 4096;
}  // namespace field

constexpr size_t kHeader = field::kBody;
constexpr size_t kVertexAad = field::kCiphertextRoot;  // bytes 0–87
constexpr size_t kSealedAad = field::kSealed;          // bytes 0–375
constexpr size_t kSealedSize = field::kSealedTag - field::kSealed;
constexpr uint32_t kSealedNonce = 0xffffffff;
constexpr size_t kTag = 16;

using Hash = std::array<uint8_t, 32>;

/** For tables by hash: its first bytes are as good as random. */
struct HashHash {
  size_t operator()(const Hash& hash) const {
    size_t value;
    memcpy(&value, hash.data(), sizeof value);
    return value;
  }
};

/** What the verified object tree says of a cube (CubeRef of native/index.ts). */
struct CubeRef {
  Hash id;
  Hash root;
  uint32_t length;
};

enum class PadMode : uint32_t { Block = 0, Vertex = 1, Cube = 2 };

constexpr size_t VerticesOf(size_t length) { return (length + kVertex - 1) / kVertex; }
constexpr size_t RoundUp(size_t size, size_t step) { return (size + step - 1) / step * step; }

/** Stored vertices and padded length of the last one, for a plaintext length and a pad mode. */
struct Stored {
  uint32_t count;
  uint32_t last;
  size_t body() const { return (count - 1) * kVertex + last; }
};
constexpr Stored StoredOf(size_t length, PadMode pad) {
  const size_t count = VerticesOf(length);
  if (pad == PadMode::Cube) return {static_cast<uint32_t>(kVertices), static_cast<uint32_t>(kVertex)};
  if (pad == PadMode::Vertex) return {static_cast<uint32_t>(count), static_cast<uint32_t>(kVertex)};
  return {static_cast<uint32_t>(count), static_cast<uint32_t>(RoundUp(length - (count - 1) * kVertex, kBlock))};
}

inline uint32_t LoadU32(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) | static_cast<uint32_t>(at[1]) << 8 | static_cast<uint32_t>(at[2]) << 16 |
         static_cast<uint32_t>(at[3]) << 24;
}
inline void StoreU32(uint8_t* at, uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<uint8_t>(value >> (8 * i));
}
inline bool IsZero(const uint8_t* data, size_t size) {
  uint8_t all = 0;
  for (size_t i = 0; i < size; ++i) all = static_cast<uint8_t>(all | data[i]);
  return all == 0;
}

}  // namespace sherin
