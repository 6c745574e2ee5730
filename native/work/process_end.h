#pragma once
#include <mutex>
#include <set>

namespace sherin {

class Workers;

/**
 * Ends all workers when the process ends by exit(3), as `process.exit` does: Node then runs no clean-up hook of the
 * environment, and exit handlers free OpenSSL's tables under threads that still use them. One per process.
 */
class ProcessEnd {
 public:
  static ProcessEnd& Instance();
  void Add(Workers* workers);
  void Remove(Workers* workers);

 private:
  ProcessEnd();
  static void AtExit(int status, void* self);

  std::mutex mutex_;
  std::set<Workers*> workers_;
};

}  // namespace sherin
