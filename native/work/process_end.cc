#include "process_end.h"

#include <stdlib.h>
#include <unistd.h>

#include "../crypto/openssl.h"

namespace sherin {
namespace {

// Longer than any healthy job; a disk that hangs longer must not hold the end of the process.
constexpr std::chrono::seconds kPatience{5};

}  // namespace

ProcessEnd& ProcessEnd::Instance() {
  static ProcessEnd* const instance = new ProcessEnd();
  return *instance;
}

ProcessEnd::ProcessEnd() {
  Sha256();  // OpenSSL registers its exit handler first, so ours runs before it
  on_exit(AtExit, this);
}

void ProcessEnd::Add(const void* who, Stop stop) {
  const std::lock_guard<std::mutex> lock(mutex_);
  stops_.emplace(who, std::move(stop));
}

void ProcessEnd::Remove(const void* who) {
  const std::lock_guard<std::mutex> lock(mutex_);
  stops_.erase(who);
}

void ProcessEnd::AtExit(int status, void* self) {
  auto& instance = *static_cast<ProcessEnd*>(self);
  const std::lock_guard<std::mutex> lock(instance.mutex_);
  for (const auto& [who, stop] : instance.stops_) {
    if (!stop(kPatience)) _exit(status);
  }
}

}  // namespace sherin
