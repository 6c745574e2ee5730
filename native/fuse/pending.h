#pragma once
#include "libfuse.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>

namespace sherin::fuse {

/**
 * Requests of the kernel that wait for their answer. Taking one out is the right to answer it: whoever comes later, a worker
 * or JavaScript after the deadline, finds nothing and drops its result. Any thread.
 */
class Pending {
 public:
  using Id = uint64_t;

  explicit Pending(std::chrono::milliseconds deadline) : deadline_(deadline) {}

  Id Add(fuse_req_t request);
  /** Null when it was answered already. */
  fuse_req_t Take(Id id);
  /** Answers ETIMEDOUT what has waited too long; returns how many. */
  size_t Expire();
  /** Answers everything with an error: the mount ends. */
  void Fail(int error);
  bool Has(Id id);
  bool empty();

 private:
  struct Waiting {
    fuse_req_t request;
    std::chrono::steady_clock::time_point due;
  };
  const std::chrono::milliseconds deadline_;
  std::mutex mutex_;
  std::map<Id, Waiting> waiting_;  // by number, and so by the time they are due
  Id next_ = 1;
};

}  // namespace sherin::fuse
