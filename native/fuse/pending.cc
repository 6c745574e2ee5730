#include "pending.h"

#include <errno.h>

#include <utility>
#include <vector>

namespace sherin::fuse {

Pending::Id Pending::Add(fuse_req_t request, About about, Data data) {
  const auto due = std::chrono::steady_clock::now() + deadline_;
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_.emplace_hint(waiting_.end(), next_, Waiting{request, due, about, std::move(data)});
  return next_++;
}

fuse_req_t Pending::Take(Id id, About* about) {
  decltype(waiting_)::node_type taken;  // ends without the lock: wiping takes time
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    taken = waiting_.extract(id);
  }
  if (taken.empty()) return nullptr;
  if (about != nullptr) *about = taken.mapped().about;
  return taken.mapped().request;
}

Pending::Data Pending::DataOf(Id id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = waiting_.find(id);
  return found == waiting_.end() ? nullptr : found->second.data;
}

size_t Pending::Expire() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Waiting> late;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (!waiting_.empty() && waiting_.begin()->second.due <= now) {
      late.push_back(std::move(waiting_.begin()->second));
      waiting_.erase(waiting_.begin());
    }
  }
  for (Waiting& waiting : late) {
    waiting.data = nullptr;
    fuse_reply_err(waiting.request, ETIMEDOUT);
  }
  return late.size();
}

void Pending::Fail(int error) {
  std::map<Id, Waiting> failed;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    failed.swap(waiting_);
  }
  for (auto& [id, waiting] : failed) {
    waiting.data = nullptr;
    fuse_reply_err(waiting.request, error);
  }
}

uint64_t Pending::NumberOf(Id id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = waiting_.find(id);
  return found == waiting_.end() ? 0 : found->second.about.number;
}

bool Pending::Has(Id id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.count(id) > 0;
}

bool Pending::empty() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.empty();
}

Pending::Id Pending::next() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return next_;
}

}  // namespace sherin::fuse
