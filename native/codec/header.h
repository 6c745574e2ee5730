#pragma once
#include "layout.h"

namespace sherin {

/** Reads the fields of a cube header (bytes 0–4095 of a file); every value is hostile until CheckShape says null. */
class HeaderView {
 public:
  explicit HeaderView(const uint8_t* bytes) : bytes_(bytes) {}

  const uint8_t* bytes() const { return bytes_; }
  uint32_t version() const { return LoadU32(bytes_ + field::kVersion) & 0xffff; }
  PadMode pad() const { return static_cast<PadMode>(LoadU32(bytes_ + field::kFlags) & 3); }
  uint32_t epoch() const { return LoadU32(bytes_ + field::kFlags) >> 16; }
  const uint8_t* id() const { return bytes_ + field::kId; }
  const uint8_t* salt() const { return bytes_ + field::kSalt; }
  Stored stored() const { return {LoadU32(bytes_ + field::kCount), LoadU32(bytes_ + field::kLast)}; }
  const uint8_t* ciphertext_root() const { return bytes_ + field::kCiphertextRoot; }
  const uint8_t* tag(size_t vertex) const { return bytes_ + field::kTags + vertex * kTag; }
  const uint8_t* sealed() const { return bytes_ + field::kSealed; }
  const uint8_t* sealed_tag() const { return bytes_ + field::kSealedTag; }
  const uint8_t* signature() const { return bytes_ + field::kSignature; }

 private:
  const uint8_t* bytes_;
};

/**
 * Checks every rule of FORMAT.md, "Cube file", that needs no key. `header` has 4096 bytes, `id` 32. Returns the rule that is
 * broken, or null.
 */
const char* CheckShape(const uint8_t* header, const uint8_t* id, uint64_t file_size);
/** Whether it is the header of a cube of a later format version, as far as it can be told without a key. */
bool LooksNewer(const uint8_t* header);

}  // namespace sherin
