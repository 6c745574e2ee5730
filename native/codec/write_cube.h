#pragma once
#include <vector>

#include "encode.h"

namespace sherin {

/**
 * Makes the bytes of a cube file (FORMAT.md, "Cube file") in this thread's scratch: fresh salt, encrypted vertices, sealed
 * part, signature. Valid until the thread's next use of the scratch. @throws Failure
 */
Bytes WriteCube(Bytes data, const CubeRef& cube, const std::vector<Hash>& vertex_hashes,
                const EncodeSettings& settings);

}  // namespace sherin
