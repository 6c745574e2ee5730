#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "pages.h"

namespace sherin {

/**
 * Cuts key pages into small blocks, so that a 32-byte key does not cost a page of the lock limit. One per process,
 * never destroyed: handles may outlive any order of static destruction. Book-keeping stays in ordinary memory.
 */
class Arena {
 public:
  static Arena& Instance();

  struct Block {
    uint8_t* data;
    size_t capacity;
  };

  /** At least `size` bytes, zero-filled, 16-byte aligned. @throws as Pages::ForKeys */
  Block Take(size_t size);
  /** Takes back a block whose bytes were overwritten. */
  void Give(uint8_t* data, size_t capacity) noexcept;
  /** Has at least so many bytes from now on, used or not; what they are made of. @throws as Pages::ForKeys */
  MemoryKind Reserve(size_t size);

 private:
  Arena() = default;
  void Grow(size_t size);
  void MakeRoom();
  std::vector<Block>::iterator Behind(const uint8_t* data);

  std::mutex mutex_;
  std::vector<Pages> pages_;
  /** Blocks that are out. */
  size_t taken_ = 0;
  /** By address; neighbours are joined, so between two of them is a block that is out, or the end of a page. */
  std::vector<Block> free_;
};

}  // namespace sherin
