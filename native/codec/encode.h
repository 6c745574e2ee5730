#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../keys/key_set.h"
#include "../system/extent.h"
#include "layout.h"

namespace sherin {

struct EncodeSettings {
  std::shared_ptr<KeySet> keys;
  int vault;
  Uuid uuid;
  uint32_t owner;
  PadMode pad;
};

/** Encoded of native/index.ts. */
struct Encoded {
  enum class Kind { Hole, Short, Cube };
  Kind kind;
  CubeRef cube{};         // Short: length is what the file had
  std::vector<Hash> vertex_hashes{};
  std::string temporary{};  // empty: the vault has a verified equal cube
  uint64_t stored = 0;
};

/** Reads from a descriptor, then as EncodeBytes. @throws Failure errno names, EWIPED */
Encoded EncodeDescriptor(int fd, uint64_t offset, size_t length, const EncodeSettings& settings);
/** Begun of native/index.ts. */
struct Begun {
  Extent extent;
  std::optional<Encoded> whole;
};

/** As ExtentAt from 0; a file of 1 byte to 1 MiB that has data is encoded as well. @throws as EncodeDescriptor */
Begun BeginDescriptor(int fd, const EncodeSettings& settings);
/** `data` has 1 to 1 MiB bytes. @throws Failure */
Encoded EncodeBytes(Bytes data, const EncodeSettings& settings);

}  // namespace sherin
