#include "header_cache.h"

namespace sherin {

HeaderCache::Found HeaderCache::FindOrClaim(const CubeRef& ref) {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (auto cube = Find(ref)) return {std::move(cube), {}, nullptr};
    std::shared_ptr<Claim>& place = claims_[ref.id];
    if (place == nullptr) {
      place = std::make_shared<Claim>();
      place->ref = ref;
      return {nullptr, {}, place};
    }
    const std::shared_ptr<Claim> other = place;
    released_.wait(lock, [&] { return other->over; });
    const bool same = other->ref.root == ref.root && other->ref.length == ref.length;
    if (same && !other->outcome.ok()) return {nullptr, other->outcome, nullptr};
  }
}

std::shared_ptr<OpenedCube> HeaderCache::Find(const CubeRef& ref) {
  const auto found = index_.find(ref.id);
  if (found == index_.end()) return nullptr;
  const std::shared_ptr<OpenedCube>& cube = *found->second;
  if (cube->ref().root != ref.root || cube->ref().length != ref.length) return nullptr;
  cubes_.splice(cubes_.begin(), cubes_, found->second);
  return cube;
}

void HeaderCache::Release(const std::shared_ptr<Claim>& claim, Outcome outcome) {
  const std::lock_guard<std::mutex> lock(mutex_);
  claim->over = true;
  claim->outcome = std::move(outcome);
  claims_.erase(claim->ref.id);
  released_.notify_all();
}

void HeaderCache::Put(std::shared_ptr<OpenedCube> cube) {
  Cubes dropped;  // closed after the lock
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto same = index_.find(cube->ref().id);
  if (same != index_.end()) dropped.splice(dropped.end(), cubes_, same->second);
  cubes_.push_front(std::move(cube));
  index_[cubes_.front()->ref().id] = cubes_.begin();
  if (cubes_.size() <= limit_) return;
  index_.erase(cubes_.back()->ref().id);
  dropped.splice(dropped.end(), cubes_, std::prev(cubes_.end()));
}

void HeaderCache::Drop(const Hash& id) {
  std::shared_ptr<OpenedCube> dropped;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = index_.find(id);
  if (found == index_.end()) return;
  dropped = std::move(*found->second);
  cubes_.erase(found->second);
  index_.erase(found);
}

void HeaderCache::Clear() {
  Cubes dropped;
  const std::lock_guard<std::mutex> lock(mutex_);
  index_.clear();
  dropped.swap(cubes_);
}

}  // namespace sherin
