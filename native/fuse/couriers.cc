#include "couriers.h"

#include <string.h>

#include <chrono>
#include <utility>

#include "wakefulness.h"

namespace sherin::fuse {
namespace {

/** Answers are less, but for listings and what was read. */
constexpr size_t kMostBytes = 1024;
constexpr std::chrono::microseconds kMoment{150};

}  // namespace

size_t AnswerSize(const iovec* parts, int count) {
  size_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  return size;
}

void Couriers::Expect(Courier& courier, uint64_t request) {
  courier.called_ = false;
  courier.request_ = request;
  courier.answer_.clear();
  const std::lock_guard<std::mutex> lock(mutex_);
  waiting_[request] = &courier;
}

void Couriers::Await(Courier& courier, const Send& send) {
  const auto end = std::chrono::steady_clock::now() + kMoment;
  while (!courier.called_ && std::chrono::steady_clock::now() < end && Wakefulness::Yield()) {
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.erase(courier.request_);
  }
  // From here on nobody calls it.
  if (!courier.answer_.empty()) {
    send(courier.answer_);
    explicit_bzero(courier.answer_.data(), courier.answer_.size());
    courier.answer_.clear();
    const std::lock_guard<std::mutex> lock(mutex_);
    --unsent_;
    sent_.notify_all();
  }
  if (const std::function<void()> job = std::exchange(courier.job_, nullptr)) job();
}

bool Couriers::Answer(uint64_t request, const iovec* parts, int count) {
  const size_t size = AnswerSize(parts, count);
  if (size > kMostBytes) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  Courier* const courier = Take(request);
  if (courier == nullptr) return false;
  courier->answer_.reserve(kMostBytes);
  for (int i = 0; i < count; ++i) {
    const auto* const bytes = static_cast<const uint8_t*>(parts[i].iov_base);
    courier->answer_.insert(courier->answer_.end(), bytes, bytes + parts[i].iov_len);
  }
  ++unsent_;
  courier->called_ = true;
  return true;
}

void Couriers::Settle() {
  std::unique_lock<std::mutex> lock(mutex_);
  sent_.wait(lock, [this] { return unsent_ == 0; });
}

bool Couriers::Run(uint64_t request, std::function<void()>& job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Courier* const courier = Take(request);
  if (courier == nullptr) return false;
  courier->job_ = std::move(job);
  courier->called_ = true;
  return true;
}

/** The lock is held. */
Couriers::Courier* Couriers::Take(uint64_t request) {
  const auto found = waiting_.find(request);
  if (found == waiting_.end()) return nullptr;
  Courier* const courier = found->second;
  waiting_.erase(found);
  return courier;
}

}  // namespace sherin::fuse
