#pragma once
#include <string>
#include <vector>

namespace sherin::fuse {

/** From now on what libfuse says is kept, and not written to standard error: there stands a log of JSON lines. Once more it changes nothing. */
void KeepSaid();

/** What it has said since this was called last, oldest first; of much, the end. Any thread. */
std::vector<std::string> TakeSaid();

}  // namespace sherin::fuse
