#pragma once
#include "vault.h"

namespace sherin::checks {

/** Blocks that are written and synced by several threads, while one takes them over and at last takes all of it back. */
void RewritesMeet(Vault& vault, size_t rounds);

/** Everything is taken back while a sync hangs: that has failed, and holds up nobody. */
void RewritesOnAHungDisk(Vault& vault);

}  // namespace sherin::checks
