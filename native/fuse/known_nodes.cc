#include "known_nodes.h"

namespace sherin::fuse {

void KnownNodes::Add(uint64_t node) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++lookups_[node];
}

bool KnownNodes::Forget(uint64_t node, uint64_t lookups) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = lookups_.find(node);
  if (found == lookups_.end()) return false;
  if (found->second > lookups) {
    found->second -= lookups;
    return false;
  }
  lookups_.erase(found);
  return true;
}

bool KnownNodes::Has(uint64_t node) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return lookups_.count(node) > 0;
}

std::vector<uint64_t> KnownNodes::All() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<uint64_t> nodes;
  nodes.reserve(lookups_.size());
  for (const auto& [node, lookups] : lookups_) nodes.push_back(node);
  return nodes;
}

}  // namespace sherin::fuse
