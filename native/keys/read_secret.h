#pragma once
#include "../memory/locked.h"

namespace sherin {

/** Reads a descriptor to its end into locked memory and strips one trailing line end. @throws Failure E2BIG, errno names */
LockedBytes ReadSecret(int fd, size_t limit);

}  // namespace sherin
