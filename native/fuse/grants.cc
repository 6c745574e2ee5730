#include "grants.h"

#include <mutex>
#include <unordered_set>

namespace sherin::fuse {

void Grants::Give(uint64_t handle, std::shared_ptr<Content> content) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  std::shared_ptr<Content>& given = given_[handle];
  if (given != nullptr) given->Revoke();  // nobody could later
  given = std::move(content);
}

std::shared_ptr<Content> Grants::Of(uint64_t handle) {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const auto found = given_.find(handle);
  return found == given_.end() ? nullptr : found->second;
}

void Grants::Revoke(uint64_t handle) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  const auto found = given_.find(handle);
  if (found == given_.end()) return;
  found->second->Revoke();
  given_.erase(found);
}

void Grants::Prepare(std::shared_ptr<Content> content) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  const uint64_t node = content->node();
  Drop(node);
  prepared_[node] = {std::move(content), order_.insert(order_.end(), node)};
  while (order_.size() > kMostPrepared) Drop(order_.front());
}

void Grants::Drop(uint64_t prepared) {
  const auto found = prepared_.find(prepared);
  if (found == prepared_.end()) return;
  found->second.content->Revoke();  // it may be on the way to the kernel
  order_.erase(found->second.place);
  prepared_.erase(found);
}

uint64_t Grants::next() {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return next_;
}

void Grants::StartAt(uint64_t next) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  next_ = next;
}

uint64_t Grants::Open(uint64_t node, const std::function<void(uint64_t handle)>& told) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  const auto found = prepared_.find(node);
  if (found == prepared_.end()) return 0;
  const uint64_t handle = next_++;
  given_[handle] = found->second.content->Anew();
  told(handle);
  return handle;
}

void Grants::Withdraw(const std::vector<uint64_t>* nodes) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  if (nodes == nullptr) {
    for (const auto& [handle, content] : given_) content->Revoke();
    for (const auto& [node, prepared] : prepared_) prepared.content->Revoke();
    given_.clear();
    prepared_.clear();
    order_.clear();
    return;
  }
  for (const uint64_t node : *nodes) Drop(node);
  const std::unordered_set<uint64_t> of(nodes->begin(), nodes->end());
  for (auto at = given_.begin(); at != given_.end();) {
    if (of.count(at->second->node()) == 0) {
      ++at;
      continue;
    }
    at->second->Revoke();
    at = given_.erase(at);
  }
}

}  // namespace sherin::fuse
