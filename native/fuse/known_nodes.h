#pragma once
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sherin::fuse {

/** Nodes that the kernel has looked up and not forgotten: it may hold their attributes and pages. Any thread. */
class KnownNodes {
 public:
  void Add(uint64_t node);
  /** True when that was the last of its look-ups. */
  bool Forget(uint64_t node, uint64_t lookups);
  bool Has(uint64_t node);
  std::vector<uint64_t> All();

 private:
  std::mutex mutex_;
  std::unordered_map<uint64_t, uint64_t> lookups_;
};

}  // namespace sherin::fuse
