#pragma once
#include "libfuse.h"

namespace sherin::fuse {

/** Fills in what changes the content of files, and what is asked by those that do. */
void AddWrites(fuse_lowlevel_ops& table);

}  // namespace sherin::fuse
