#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace sherin {

/** A view of bytes that someone else owns. */
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

/** The raw bytes of a vault UUID. */
using Uuid = std::array<uint8_t, 16>;

}  // namespace sherin
