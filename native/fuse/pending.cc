#include "pending.h"

#include <errno.h>

#include <vector>

namespace sherin::fuse {

Pending::Id Pending::Add(fuse_req_t request) {
  const auto due = std::chrono::steady_clock::now() + deadline_;
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_.emplace_hint(waiting_.end(), next_, Waiting{request, due});
  return next_++;
}

fuse_req_t Pending::Take(Id id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return nullptr;
  const fuse_req_t request = found->second.request;
  waiting_.erase(found);
  return request;
}

size_t Pending::Expire() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<fuse_req_t> late;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (!waiting_.empty() && waiting_.begin()->second.due <= now) {
      late.push_back(waiting_.begin()->second.request);
      waiting_.erase(waiting_.begin());
    }
  }
  for (const fuse_req_t request : late) fuse_reply_err(request, ETIMEDOUT);
  return late.size();
}

void Pending::Fail(int error) {
  std::map<Id, Waiting> failed;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    failed.swap(waiting_);
  }
  for (const auto& [id, waiting] : failed) fuse_reply_err(waiting.request, error);
}

bool Pending::Has(Id id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.count(id) > 0;
}

bool Pending::empty() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.empty();
}

}  // namespace sherin::fuse
