#include "known_nodes.h"

#include <algorithm>

namespace sherin::fuse {

void KnownNodes::Add(uint64_t node, bool bare, Pending::Id asked) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Known& known = known_[node];
  ++known.lookups;
  known.bare = bare && asked >= trusted_from_;
}

bool KnownNodes::Bare(uint64_t node) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = known_.find(node);
  return found != known_.end() && found->second.bare;
}

void KnownNodes::Doubt(const std::vector<uint64_t>* nodes, Pending::Id next) {
  const std::lock_guard<std::mutex> lock(mutex_);
  trusted_from_ = std::max(trusted_from_, next);
  if (nodes == nullptr) {
    for (auto& [node, known] : known_) known.bare = false;
    return;
  }
  for (const uint64_t node : *nodes) {
    const auto found = known_.find(node);
    if (found != known_.end()) found->second.bare = false;
  }
}

bool KnownNodes::Forget(uint64_t node, uint64_t lookups) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = known_.find(node);
  if (found == known_.end()) return false;
  if (found->second.lookups > lookups) {
    found->second.lookups -= lookups;
    return false;
  }
  known_.erase(found);
  return true;
}

bool KnownNodes::Has(uint64_t node) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return known_.count(node) > 0;
}

std::vector<std::pair<uint64_t, uint64_t>> KnownNodes::Lookups() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::pair<uint64_t, uint64_t>> nodes;
  nodes.reserve(known_.size());
  for (const auto& [node, known] : known_) nodes.emplace_back(node, known.lookups);
  return nodes;
}

void KnownNodes::Restore(uint64_t node, uint64_t lookups) {
  const std::lock_guard<std::mutex> lock(mutex_);
  known_[node].lookups += lookups;
}

std::vector<uint64_t> KnownNodes::All() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<uint64_t> nodes;
  nodes.reserve(known_.size());
  for (const auto& [node, known] : known_) nodes.push_back(node);
  return nodes;
}

}  // namespace sherin::fuse
