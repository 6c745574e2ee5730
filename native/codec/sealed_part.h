#pragma once
#include <string.h>

#include "layout.h"

namespace sherin {

/** Plaintext of a header's sealed part: 16 vertex hashes ‖ u32 plaintext length ‖ 44 zero bytes. */
struct SealedPart {
  uint8_t bytes[kSealedSize] = {};

  SealedPart() = default;
  SealedPart(const SealedPart&) = delete;
  SealedPart& operator=(const SealedPart&) = delete;
  // Vertex hashes confirm guesses of the content.
  ~SealedPart() { explicit_bzero(bytes, sizeof bytes); }

  uint8_t* hash(size_t vertex) { return bytes + vertex * sizeof(Hash); }
  uint32_t length() const { return LoadU32(bytes + kLengthAt); }
  void set_length(uint32_t length) { StoreU32(bytes + kLengthAt, length); }
  bool reserved_is_zero() const { return IsZero(bytes + kLengthAt + 4, kSealedSize - kLengthAt - 4); }

 private:
  static constexpr size_t kLengthAt = kVertices * sizeof(Hash);
};

}  // namespace sherin
