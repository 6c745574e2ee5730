#pragma once
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pending.h"

namespace sherin::fuse {

/** Nodes that the kernel has looked up and not forgotten: it may hold their attributes and pages. Any thread. */
class KnownNodes {
 public:
  /**
   * `bare`: it has no extended attributes but those that are generated. That counts for nothing where it may have been found out
   * before the latest doubt: `asked` is the request that is answered so.
   */
  void Add(uint64_t node, bool bare, Pending::Id asked);
  /** True when it is known to be bare. */
  bool Bare(uint64_t node);
  /** What is known of nodes (null: of all) is to be asked for again, with requests from number `next` on. */
  void Doubt(const std::vector<uint64_t>* nodes, Pending::Id next);
  /** True when that was the last of its look-ups. */
  bool Forget(uint64_t node, uint64_t lookups);
  bool Has(uint64_t node);
  std::vector<uint64_t> All();
  /** Look-ups by node. */
  std::vector<std::pair<uint64_t, uint64_t>> Lookups();
  /** Look-ups that another process has answered. */
  void Restore(uint64_t node, uint64_t lookups);

 private:
  std::mutex mutex_;
  struct Known {
    uint64_t lookups = 0;
    bool bare = false;
  };
  std::unordered_map<uint64_t, Known> known_;
  /** Of all nodes alike: answers that overtake a doubt are rare, and cost no more than a question. */
  Pending::Id trusted_from_ = 0;
};

}  // namespace sherin::fuse
