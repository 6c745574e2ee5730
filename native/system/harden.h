#pragma once

namespace sherin {

/** Freed memory is overwritten; no core dumps, no ptrace by others of the same uid, no privileges gained through exec where that is possible. */
void Harden();

}  // namespace sherin
