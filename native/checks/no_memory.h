#pragma once
#include "vault.h"

namespace sherin::checks {

/** A thread that gets no memory in the middle of a read is refused, and holds nobody up: the next read is done. */
void NoMemory(Vault& vault);

}  // namespace sherin::checks
