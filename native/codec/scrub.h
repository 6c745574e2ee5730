#pragma once
#include "layout.h"
#include "outcome.h"

namespace sherin {

/** Checks a cube file without keys: shape, ciphertext root, and with `public_key` (32 bytes) the signature. */
Outcome Scrub(int vault, const Hash& id, const uint8_t uuid[16], const uint8_t* public_key);

}  // namespace sherin
