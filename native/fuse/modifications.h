#pragma once
#include "libfuse.h"

namespace sherin::fuse {

/** Fills in what changes directories and the attributes of nodes. */
void AddModifications(fuse_lowlevel_ops& table);

}  // namespace sherin::fuse
