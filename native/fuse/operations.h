#pragma once
#include "libfuse.h"

namespace sherin::fuse {

/** What the kernel may ask of a Session, which is the sessions' user data. */
const fuse_lowlevel_ops& Operations();

}  // namespace sherin::fuse
