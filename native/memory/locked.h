#pragma once
#include <cstddef>
#include <cstdint>

#include "bytes.h"
#include "pages.h"

namespace sherin {

/**
 * A secret byte string from the process's key arena: memory that is never swapped, dumped or inherited. Wiped with
 * explicit_bzero when it ends. Move-only; share it as std::shared_ptr<LockedBytes>.
 */
class LockedBytes {
 public:
  /** Zero-filled. Any thread. @throws as Pages::ForKeys */
  explicit LockedBytes(size_t size);
  /** Copies; wiping the source is the caller's part. */
  LockedBytes(const uint8_t* data, size_t size);
  LockedBytes(LockedBytes&& other) noexcept;
  LockedBytes& operator=(LockedBytes&& other) noexcept;
  LockedBytes(const LockedBytes&) = delete;
  LockedBytes& operator=(const LockedBytes&) = delete;
  ~LockedBytes() { wipe(); }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  Bytes bytes() const { return {data_, size_}; }

  /** Overwrites and frees; size() is 0 afterwards. Harmless twice. */
  void wipe() noexcept;
  /** Shortens to `size` bytes and overwrites the rest. */
  void truncate(size_t size) noexcept;

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace sherin
