#pragma once
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sherin::fuse {

/** Nodes that the kernel has looked up and not forgotten: it may hold their attributes and pages. Any thread. */
class KnownNodes {
 public:
  /** `bare`: it has no extended attributes but those that are generated. */
  void Add(uint64_t node, bool bare);
  /** True when it is known to be bare. */
  bool Bare(uint64_t node);
  /** What is known of nodes (null: of all) is to be asked for again. */
  void Doubt(const std::vector<uint64_t>* nodes);
  /** True when that was the last of its look-ups. */
  bool Forget(uint64_t node, uint64_t lookups);
  bool Has(uint64_t node);
  std::vector<uint64_t> All();

 private:
  std::mutex mutex_;
  struct Known {
    uint64_t lookups = 0;
    bool bare = false;
  };
  std::unordered_map<uint64_t, Known> known_;
};

}  // namespace sherin::fuse
