#pragma once
#include "vault.h"

namespace sherin::checks {

/** What programs write to a mount, until it is answered or not. */
void Writes(Vault& vault);

}  // namespace sherin::checks
