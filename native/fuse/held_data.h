#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "../memory/pages.h"

namespace sherin::fuse {

/**
 * Memory for the data of writes, which waits for JavaScript to fetch it. To map memory for each write would take longer than to
 * copy it, so some is kept: what comes back is wiped and given out again. Outlives what it has given. Any thread.
 */
class DataPool {
 public:
  /** Bytes of one write, wiped when the object ends. */
  class Data {
   public:
    Data(DataPool& pool, const uint8_t* bytes, size_t size);
    ~Data();
    Data(const Data&) = delete;
    Data& operator=(const Data&) = delete;
    const uint8_t* data() const { return pages_.data(); }
    size_t size() const { return size_; }

   private:
    DataPool& pool_;
    Pages pages_;
    const size_t size_;
  };

  DataPool();

  /** Keeps a copy. @throws std::bad_alloc */
  std::shared_ptr<const Data> Keep(const void* bytes, size_t size);
  /** Writes whose data is kept now. */
  size_t held();

 private:
  /** Memory of one size that nobody uses. */
  struct Shelf {
    size_t size;
    size_t most;
    std::vector<Pages> free;
  };
  Pages Get(size_t size);
  void Return(Pages pages) noexcept;

  std::mutex mutex_;
  std::array<Shelf, 3> shelves_;
  size_t held_ = 0;
};

}  // namespace sherin::fuse
