#pragma once
#include <cstddef>
#include <cstdint>

namespace sherin {

/** A view of bytes that someone else owns. */
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

}  // namespace sherin
