#pragma once
#include <string>

#include "../memory/bytes.h"

namespace sherin {

/**
 * Writes a new file below `cubes/tmp/` (0600, not synced) and makes the directory that the cube will be renamed to.
 * Returns the name; on failure nothing is left. @throws Failure errno names
 */
std::string WriteTemporary(int vault, const uint8_t id[32], Bytes file);

}  // namespace sherin
