#pragma once
#include "layout.h"

namespace sherin {

/** Whether this CPU has the SHA extensions, on which two messages side by side are faster than one after another. */
bool HasSha256Pairs();

/** Leaf hashes SHA-256(0x00 ‖ block) of two blocks of 4 KiB that follow each other. Only where HasSha256Pairs(). */
void LeafHashes2(const uint8_t* blocks, Hash out[2]);

}  // namespace sherin
