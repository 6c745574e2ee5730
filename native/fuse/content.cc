#include "content.h"

#include <string.h>

#include <algorithm>

namespace sherin::fuse {

Content::Content(std::shared_ptr<CubeSource> source, uint64_t node, uint64_t size, std::shared_ptr<Slots> slots)
    : source_(std::move(source)), node_(node), size_(size), slots_(std::move(slots)) {}

std::shared_ptr<Content> Content::Anew() {
  taken_ = true;
  return std::shared_ptr<Content>(new Content(source_, node_, size_, slots_));
}

void Content::SetSlot(uint64_t slot, std::vector<Segment> segments) {
  const std::unique_lock<std::shared_mutex> lock(slots_->mutex);
  slots_->segments[slot] = std::move(segments);
}

bool Content::PartsOf(uint64_t offset, size_t length, uint8_t* out, std::vector<Part>& parts) {
  const std::shared_lock<std::shared_mutex> lock(slots_->mutex);
  const uint64_t end = offset + length;
  for (uint64_t slot = offset / kCube; slot * kCube < end; ++slot) {
    const auto found = slots_->segments.find(slot);
    if (found == slots_->segments.end()) return false;
    uint64_t start = slot * kCube;
    for (const Segment& segment : found->second) {
      const uint64_t low = std::max(offset, start), high = std::min(end, start + segment.length);
      if (low < high) {
        const size_t size = high - low, at = low - offset;
        if (segment.hole) {
          memset(out + at, 0, size);
        } else {
          parts.push_back({segment.cube, {segment.offset + (low - start), size}, at});
        }
      }
      start += segment.length;
    }
    if (start < std::min(end, (slot + 1) * kCube)) return false;  // fewer segments than the slot is long
  }
  return true;
}

bool Content::CubesOf(uint64_t slot, std::vector<Part>& parts) {
  const std::shared_lock<std::shared_mutex> lock(slots_->mutex);
  const auto found = slots_->segments.find(slot);
  if (found == slots_->segments.end()) return false;
  for (const Segment& segment : found->second) {
    if (!segment.hole) parts.push_back({segment.cube, {0, segment.cube.length}, 0});
  }
  return true;
}

}  // namespace sherin::fuse
