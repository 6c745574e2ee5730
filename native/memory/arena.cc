#include "arena.h"

#include <algorithm>
#include <iterator>

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
  MakeRoom();
  const auto fits = [capacity](const Block& block) { return block.capacity >= capacity; };
  auto found = std::find_if(free_.begin(), free_.end(), fits);
  if (found == free_.end()) {
    Grow(capacity);
    found = std::find_if(free_.begin(), free_.end(), fits);
  }
  uint8_t* const data = found->data;
  if (found->capacity == capacity) {
    free_.erase(found);
  } else {
    found->data += capacity;
    found->capacity -= capacity;
  }
  ++taken_;
  return {data, capacity};
}

void Arena::Give(uint8_t* data, size_t capacity) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  --taken_;
  auto next = Behind(data);
  if (next != free_.end() && data + capacity == next->data) {
    capacity += next->capacity;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->data + before->capacity == data) {
      before->capacity += capacity;
      return;
    }
  }
  free_.insert(next, {data, capacity});
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
  MakeRoom();
  pages_.push_back(Pages::ForKeys(std::max(size, kChunk)));
  uint8_t* const data = pages_.back().data();
  free_.insert(Behind(data), {data, pages_.back().size()});
}

/** For one block and one page more: nothing is allocated where a key ends, and no memory is the end of the process there. */
void Arena::MakeRoom() {
  const size_t most = taken_ + 1 + pages_.size() + 1;
  if (free_.capacity() < most) free_.reserve(2 * most);
}

/** The first free block behind an address. */
std::vector<Arena::Block>::iterator Arena::Behind(const uint8_t* data) {
  return std::lower_bound(free_.begin(), free_.end(), data,
                          [](const Block& block, const uint8_t* address) { return block.data < address; });
}

}  // namespace sherin
