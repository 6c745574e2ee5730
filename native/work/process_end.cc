#include "process_end.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>

#include "../crypto/openssl.h"
#include "workers.h"

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

void ProcessEnd::Add(Workers* workers) {
  const std::lock_guard<std::mutex> lock(mutex_);
  workers_.insert(workers);
}

void ProcessEnd::Remove(Workers* workers) {
  const std::lock_guard<std::mutex> lock(mutex_);
  workers_.erase(workers);
}

void ProcessEnd::AtExit(int status, void* self) {
  auto& instance = *static_cast<ProcessEnd*>(self);
  const std::lock_guard<std::mutex> lock(instance.mutex_);
  for (Workers* const workers : instance.workers_) {
    if (!workers->StopWithin(kPatience)) _exit(status);
  }
}

}  // namespace sherin
