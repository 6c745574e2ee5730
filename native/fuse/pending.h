#pragma once
#include "libfuse.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "held_data.h"

namespace sherin::fuse {

/**
 * Requests of the kernel that wait for their answer. Taking one out is the right to answer it: whoever comes later, a worker
 * or JavaScript after the deadline, finds nothing and drops its result. Any thread.
 */
class Pending {
 public:
  using Id = uint64_t;
  using Data = std::shared_ptr<const DataPool::Data>;

  /** What the answer depends on. */
  struct About {
    /** Not 0: success sets an extended attribute of this node. */
    uint64_t attributed = 0;
    /** It opens a file to be read, and changes nothing. */
    bool reads = false;
    /** The kernel's number of the request. */
    uint64_t number = 0;
  };

  explicit Pending(std::chrono::milliseconds deadline) : deadline_(deadline) {}

  /** `data`: what the request brings along; it is let go before an answer is given. */
  Id Add(fuse_req_t request, About about, Data data = nullptr);
  Id Add(fuse_req_t request) { return Add(request, About()); }
  /** Null when it was answered already; `about` is left alone then. */
  fuse_req_t Take(Id id, About* about = nullptr);
  /** Null when it was answered already, or brought none along. Who holds it keeps it from being wiped. */
  Data DataOf(Id id);
  /** Answers ETIMEDOUT what has waited too long; returns how many. */
  size_t Expire();
  /** Answers everything with an error: the mount ends. */
  void Fail(int error);
  bool Has(Id id);
  /** The kernel's number of a request, 0 when it was answered. */
  uint64_t NumberOf(Id id);
  bool empty();
  /** Requests that are still to come have this number, or one above. */
  Id next();

 private:
  struct Waiting {
    fuse_req_t request;
    std::chrono::steady_clock::time_point due;
    About about;
    Data data;
  };
  const std::chrono::milliseconds deadline_;
  std::mutex mutex_;
  std::map<Id, Waiting> waiting_;  // by number, and so by the time they are due
  Id next_ = 1;
};

}  // namespace sherin::fuse
