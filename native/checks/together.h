#pragma once
#include <cstddef>

#include "vault.h"

namespace sherin::checks {

/** What threads that meet at one thing may count on: the orders that no test of the mount can bring about at will. */
void Together(Vault& vault, size_t rounds);

}  // namespace sherin::checks
