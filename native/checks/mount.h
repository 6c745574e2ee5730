#pragma once

namespace sherin::checks {

/** fuse::Session without Node: mounts, readers, and everything that JavaScript does to them meanwhile. */
void Mounts();

}  // namespace sherin::checks
