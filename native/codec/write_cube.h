#pragma once
#include <vector>

#include "encode.h"

namespace sherin {

/** What becomes a cube file. */
struct CubeContent {
  Bytes data;
  const CubeRef& cube;
  const std::vector<Hash>& vertex_hashes;
};

/**
 * Makes the bytes of cube files (FORMAT.md, "Cube file") in this thread's scratch, where there must be room for all of them: fresh
 * salt, encrypted vertices, sealed part, signature. Valid until the thread's next use of the scratch. @throws Failure
 */
std::vector<Bytes> WriteCubes(const std::vector<CubeContent>& contents, const EncodeSettings& settings);

}  // namespace sherin
