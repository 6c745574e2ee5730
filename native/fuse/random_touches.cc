#include "random_touches.h"

namespace sherin::fuse {
namespace {

constexpr int kFew = RandomTouches::kGroup / 8;
constexpr size_t kMore = 2;

}  // namespace

RandomTouches::Next RandomTouches::Touch(uint64_t slot) {
  const uint64_t start = slot / kGroup * kGroup, bit = uint64_t{1} << (slot % kGroup);
  const std::lock_guard<std::mutex> lock(mutex_);
  Group& group = groups_[start];
  Next next;
  next.first = group.touched == 0;
  if ((group.touched & bit) != 0) return next;
  group.touched |= bit;
  group.fetched |= bit;
  if (__builtin_popcountll(group.touched) <= kFew) return next;
  for (uint64_t step = 1; step < kGroup && next.more.size() < kMore; ++step) {
    const uint64_t other = (slot + step) % kGroup;
    if ((group.fetched >> other & 1) != 0) continue;
    group.fetched |= uint64_t{1} << other;
    next.more.push_back(start + other);
  }
  return next;
}

}  // namespace sherin::fuse
