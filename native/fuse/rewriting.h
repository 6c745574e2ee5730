#pragma once
#include <cstdint>
#include <memory>
#include <mutex>

#include "../journal/rewrites.h"

namespace sherin::fuse {

/** The file of which blocks are rewritten without JavaScript: one at a time, through one handle. Any thread. */
class Rewriting {
 public:
  /** In place of what was let before; null: nothing. */
  void Let(uint64_t node, uint64_t handle, std::shared_ptr<Rewrites> rewrites) {
    const std::lock_guard<std::mutex> lock(mutex_);
    node_ = node;
    handle_ = handle;
    rewrites_.swap(rewrites);
  }
  /** Null where JavaScript is to write. */
  std::shared_ptr<Rewrites> OfHandle(uint64_t node, uint64_t handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return node == node_ && handle == handle_ ? rewrites_ : nullptr;
  }
  std::shared_ptr<Rewrites> OfNode(uint64_t node) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return node == node_ ? rewrites_ : nullptr;
  }

 private:
  std::mutex mutex_;
  uint64_t node_ = 0, handle_ = 0;
  std::shared_ptr<Rewrites> rewrites_;
};

}  // namespace sherin::fuse
