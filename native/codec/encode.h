#pragma once
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "../failure.h"
#include "../keys/key_set.h"
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

/** Content of 1 to 1 MiB bytes. */
struct Content {
  Bytes data;
  /** In the place of that in the settings. */
  uint32_t owner;
};
using EncodedOutcome = std::variant<Encoded, Failure>;

/**
 * Encodes contents, whose cube files must have room in the thread's scratch together: their blocks are hashed side by side, and what
 * is made of a key serves all of them. @returns an outcome of each, in their order @throws Failure what all of them fail with
 */
std::vector<EncodedOutcome> EncodeTogether(const std::vector<Content>& contents, const EncodeSettings& settings);
/** `data` has 1 to 1 MiB bytes. @throws Failure */
Encoded EncodeBytes(Bytes data, const EncodeSettings& settings);
/** Reads from a descriptor, then as EncodeBytes. @throws Failure errno names, EWIPED */
Encoded EncodeDescriptor(int fd, uint64_t offset, size_t length, const EncodeSettings& settings);
/** Short: a file had fewer bytes than it should. */
Encoded CutShort(size_t length);

}  // namespace sherin
