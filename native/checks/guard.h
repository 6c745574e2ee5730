#pragma once
#include <string>

namespace sherin::checks {

/**
 * A parent that undoes the mount of a process that ends in the middle of it. Such a process waits for itself where no signal
 * reaches it: its threads for pages that it will never read, the kernel for its threads.
 */
class Guard {
 public:
  /** Forks before there is any thread: the child returns and does the work, the parent exits as the child does. */
  static void Start();
  /** Where this process has mounted itself; empty for nowhere. */
  static void Mounted(const std::string& path);
};

}  // namespace sherin::checks
