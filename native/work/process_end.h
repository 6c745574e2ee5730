#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <mutex>

namespace sherin {

/**
 * Ends all threads of the addon when the process ends by exit(3), as `process.exit` does: Node then runs no clean-up hook of the
 * environment, and exit handlers free OpenSSL's tables under threads that still use them. One per process.
 */
class ProcessEnd {
 public:
  static ProcessEnd& Instance();
  /** Ends somebody's threads; false when they do not end in time. */
  using Stop = std::function<bool(std::chrono::milliseconds)>;
  void Add(const void* who, Stop stop);
  void Remove(const void* who);

 private:
  ProcessEnd();
  static void AtExit(int status, void* self);

  std::mutex mutex_;
  std::map<const void*, Stop> stops_;
};

}  // namespace sherin
