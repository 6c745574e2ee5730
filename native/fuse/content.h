#pragma once
#include <atomic>
#include <memory>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "../codec/cube_source.h"
#include "random_touches.h"

namespace sherin::fuse {

/** Bytes of a file that come from one cube, or are zero. */
struct Segment {
  bool hole;
  CubeRef cube;
  size_t offset;  // of its first byte in the cube
  size_t length;
};

/** A piece of a read: `length` bytes of a cube from `offset` go to `at` of the answer. */
struct Part {
  CubeRef cube;
  Range range;
  size_t at;
};

/**
 * A read capability: what JavaScript decided at open that a handle may read. Content at one version, as cubes and
 * holes; slots (1 MiB of the file each) come with it or are added when first asked for. Any thread.
 */
class Content {
 public:
  Content(std::shared_ptr<CubeSource> source, uint64_t node, uint64_t size)
      : Content(std::move(source), node, size, std::make_shared<Slots>()) {}

  /** The same content for another handle, which nobody has read yet; this is a model from then on that was taken. */
  std::shared_ptr<Content> Anew();
  bool taken() const { return taken_; }

  /** Segments of a slot, in the order of the file. */
  void SetSlot(uint64_t slot, std::vector<Segment> segments);
  /** The cubes of a range within the file; holes in it are zeroed in `out`. False when a slot is not known yet. */
  bool PartsOf(uint64_t offset, size_t length, uint8_t* out, std::vector<Part>& parts);
  /** The cubes of a slot as wholes; false when it is not known yet. */
  bool CubesOf(uint64_t slot, std::vector<Part>& parts);

  CubeSource& source() const { return *source_; }
  uint64_t node() const { return node_; }
  uint64_t size() const { return size_; }

  /** No byte goes to the kernel any more, though a read may be under way. */
  void Revoke() { revoked_ = true; }
  bool revoked() const { return revoked_; }

  /** Where a sequential reader would go on; returns what it was. */
  uint64_t Expect(uint64_t offset) { return expected_.exchange(offset); }
  RandomTouches touches;
  /** Up to here the disk was asked for what a sequential reader will read. */
  std::atomic<uint64_t> fetched_to{0};

 private:
  struct Slots;
  Content(std::shared_ptr<CubeSource> source, uint64_t node, uint64_t size, std::shared_ptr<Slots> slots);

  const std::shared_ptr<CubeSource> source_;
  const uint64_t node_;
  const uint64_t size_;
  std::atomic<bool> revoked_{false}, taken_{false};
  std::atomic<uint64_t> expected_{0};

  /** Shared by the handles of one content. */
  struct Slots {
    std::shared_mutex mutex;
    std::unordered_map<uint64_t, std::vector<Segment>> segments;
  };
  const std::shared_ptr<Slots> slots_;
};

}  // namespace sherin::fuse
