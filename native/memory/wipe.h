#pragma once
#include <string.h>

#include <cstddef>
#include <cstdint>

namespace sherin {

/** Overwrites memory when a scope ends, on every way out. */
class WipeAtEnd {
 public:
  WipeAtEnd(uint8_t* data, size_t size) : data_(data), size_(size) {}
  WipeAtEnd(const WipeAtEnd&) = delete;
  WipeAtEnd& operator=(const WipeAtEnd&) = delete;
  ~WipeAtEnd() { explicit_bzero(data_, size_); }

 private:
  uint8_t* const data_;
  const size_t size_;
};

}  // namespace sherin
