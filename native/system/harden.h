#pragma once

namespace sherin {

/** No core dumps, no ptrace by others of the same uid, no privileges gained through exec where that is possible. */
void Harden();

}  // namespace sherin
