#pragma once
#include "libfuse.h"

namespace sherin::fuse {

/** Fills in what gets, lists, sets and removes extended attributes. */
void AddExtendedAttributes(fuse_lowlevel_ops& table);

}  // namespace sherin::fuse
