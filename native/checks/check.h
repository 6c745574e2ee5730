#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/mount.h>

namespace sherin::checks {

/** Where this process has mounted itself. */
inline std::string mounted;

/** A process that waits for its own mount can't end before the kernel has given that up. */
[[noreturn]] inline void Leave() {
  if (!mounted.empty()) {
    umount2(mounted.c_str(), MNT_FORCE);
    umount2(mounted.c_str(), MNT_DETACH);
  }
  std::_Exit(1);
}

}  // namespace sherin::checks

/** Ends the program where an expectation fails. */
#define CHECK(expectation)                                                            \
  do {                                                                                \
    if (!(expectation)) {                                                             \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #expectation); \
      ::sherin::checks::Leave();                                                      \
    }                                                                                 \
  } while (false)
