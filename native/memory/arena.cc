#include "arena.h"

#include <algorithm>

namespace sherin {
namespace {
constexpr size_t kGrain = 16;
constexpr size_t kChunk = 64 * 1024;
}  // namespace

Arena& Arena::Instance() {
  static Arena* const arena = new Arena();
  return *arena;
}

Arena::Block Arena::Take(size_t size) {
  const size_t capacity = (std::max<size_t>(size, 1) + kGrain - 1) / kGrain * kGrain;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto fits = [capacity](const auto& block) { return block.second >= capacity; };
  auto found = std::find_if(free_.begin(), free_.end(), fits);
  if (found == free_.end()) {
    Grow(capacity);
    found = std::find_if(free_.begin(), free_.end(), fits);
  }
  uint8_t* const data = found->first;
  const size_t left = found->second - capacity;
  free_.erase(found);
  if (left > 0) free_.emplace(data + capacity, left);
  return {data, capacity};
}

void Arena::Give(uint8_t* data, size_t capacity) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto next = free_.lower_bound(data);
  if (next != free_.end() && data + capacity == next->first) {
    capacity += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == data) {
      before->second += capacity;
      return;
    }
  }
  free_.emplace_hint(next, data, capacity);
}

MemoryKind Arena::Reserve(size_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t held = 0;
  for (const Pages& pages : pages_) held += pages.size();
  if (held < size) Grow(size - held);
  return std::max_element(pages_.begin(), pages_.end(), [](const Pages& a, const Pages& b) {
           return a.kind() < b.kind();
         })->kind();
}

void Arena::Grow(size_t size) {
  pages_.push_back(Pages::ForKeys(std::max(size, kChunk)));
  free_.emplace(pages_.back().data(), pages_.back().size());
}

}  // namespace sherin
