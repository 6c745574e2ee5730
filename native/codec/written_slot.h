#pragma once
#include <optional>
#include <vector>

#include "cube_source.h"
#include "encode.h"

namespace sherin {

/** A vertex where it is stored. */
struct StoredVertex {
  CubeRef cube;
  size_t vertex;
};

/** Room for blocks of a vertex from `first` on. */
struct WrittenPart {
  Bytes bytes{};
  size_t first = 0;
};

/** A vertex of a slot that is stored already, but for what was written to some of its vertices. */
struct SlotVertex {
  enum class Kind { Hole, Kept, Written };
  Kind kind;
  /** Where it is kept; of a written one, what stands under it: nothing where it is zero or written as a whole. */
  std::optional<StoredVertex> stored{};
  /** What was written: of the blocks in them those in `present` count (bit 0 for the vertex's first). */
  std::vector<WrittenPart> parts{};
  uint32_t present = 0;
};

/** EncodedSlot of native/index.ts. */
struct EncodedSlot {
  /** Not ok: a cube could not be read; nothing was made. */
  Outcome outcome{};
  /** The cube of the written vertices, one behind the other; a hole where there is none. */
  Encoded encoded{Encoded::Kind::Hole};
  /** Bit i: vertex i was written and is not zero. */
  uint32_t in_cube = 0;
  Hash root{};
};

/**
 * Encrypts the written vertices of a slot of `length` bytes as one cube, wherever in the slot they are. Of the others nothing is
 * read but their hashes, in the authentic headers of their cubes. @throws Failure as EncodeBytes
 */
EncodedSlot EncodeWritten(CubeSource& source, const std::vector<SlotVertex>& vertices, size_t length,
                          const EncodeSettings& settings);

}  // namespace sherin
