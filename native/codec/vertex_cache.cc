#include "vertex_cache.h"

#include <string.h>

#include <algorithm>

namespace sherin {

bool VertexCache::Key::operator==(const Key& other) const {
  return vertex == other.vertex && cube.length == other.cube.length && cube.id == other.cube.id &&
         cube.root == other.cube.root;
}

size_t VertexCache::KeyHash::operator()(const Key& key) const {
  return HashHash{}(key.cube.id) + key.vertex * size_t{0x9e3779b97f4a7c15};
}

VertexCache::Pin::~Pin() {
  if (cache_ == nullptr) return;
  const std::lock_guard<std::mutex> lock(cache_->mutex_);
  if (--place_->pins == 0 && place_->doomed) cache_->Free(place_);
}

const uint8_t* VertexCache::Pin::data() const { return place_->data; }

uint8_t* VertexCache::Claim::data() const { return place_->data; }

void VertexCache::Claim::Publish() {
  {
    const std::lock_guard<std::mutex> lock(cache_->mutex_);
    place_->loading = false;
    if (place_->doomed) cache_->Free(place_);
  }
  cache_->filled_.notify_all();
  cache_ = nullptr;
}

VertexCache::Claim::~Claim() {
  if (cache_ == nullptr) return;
  {
    const std::lock_guard<std::mutex> lock(cache_->mutex_);
    place_->loading = false;
    if (!place_->doomed) cache_->index_.erase(place_->key);
    cache_->Free(place_);
  }
  cache_->filled_.notify_all();
}

VertexCache::VertexCache(size_t bytes) : limit_(bytes / kVertex) {}

std::optional<VertexCache::Pin> VertexCache::PinAt(Place place) {
  ++place->pins;
  entries_.splice(entries_.begin(), entries_, place);
  return Pin(this, place);
}

std::optional<VertexCache::Pin> VertexCache::Find(const Key& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end() || found->second->loading) return std::nullopt;
  return PinAt(found->second);
}

VertexCache::Acquired VertexCache::Acquire(const Key& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = index_.find(key);
  if (found != index_.end()) {
    if (found->second->loading) return {State::Busy, std::nullopt, std::nullopt};
    return {State::Ready, PinAt(found->second), std::nullopt};
  }
  uint8_t* const data = TakeRoom();
  if (data == nullptr) return {State::Full, std::nullopt, std::nullopt};
  entries_.push_front({key, data});
  index_.emplace(key, entries_.begin());
  return {State::Claimed, std::nullopt, Claim(this, entries_.begin())};
}

std::optional<VertexCache::Pin> VertexCache::Await(const Key& key) {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    if (!found->second->loading) return PinAt(found->second);
    filled_.wait(lock);
  }
}

uint8_t* VertexCache::TakeRoom() {
  if (room_.empty() && slabs_.size() * kVertices < limit_) {
    const size_t vertices = std::min(kVertices, limit_ - slabs_.size() * kVertices);
    room_.reserve((slabs_.size() + 1) * kVertices);  // to give room back takes no memory: a claim or pin ends with it
    slabs_.push_back(Pages::ForPlaintext(vertices * kVertex));
    for (size_t i = vertices; i-- > 0;) room_.push_back(slabs_.back().data() + i * kVertex);
  }
  if (room_.empty()) {
    const auto oldest = std::find_if(entries_.rbegin(), entries_.rend(), [](const Entry& entry) {
      return entry.pins == 0 && !entry.loading;
    });
    if (oldest == entries_.rend()) return nullptr;
    Forget(std::prev(oldest.base()));
  }
  uint8_t* const data = room_.back();
  room_.pop_back();
  return data;
}

void VertexCache::Forget(Place place) {
  index_.erase(place->key);
  place->doomed = true;
  if (place->pins == 0 && !place->loading) Free(place);
}

void VertexCache::Free(Place place) {
  const CubeRef& cube = place->key.cube;
  // What lies behind the plaintext are zeros: a vertex that verified is padded with them, and one that did not is all zeros.
  explicit_bzero(place->data, std::min(kVertex, cube.length - place->key.vertex * kVertex));
  room_.push_back(place->data);
  entries_.erase(place);
}

void VertexCache::Drop(const Hash& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto next = std::next(at);
    if (!at->doomed && at->key.cube.id == id) Forget(at);
    at = next;
  }
  filled_.notify_all();
}

void VertexCache::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto next = std::next(at);
    if (!at->doomed) Forget(at);
    at = next;
  }
  filled_.notify_all();
}

VertexCache::Usage VertexCache::usage() {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t locked = 0;
  for (const Pages& slab : slabs_) locked += slab.kind() == MemoryKind::Unlocked ? 0 : slab.size();
  return {index_.size() * kVertex, locked};
}

}  // namespace sherin
