#pragma once
#include <cstddef>
#include <cstdint>

namespace sherin {

/** Reads until `size` bytes or the end of the file. Returns the bytes read or −errno. */
int64_t ReadAt(int fd, uint8_t* out, size_t size, uint64_t offset);
/** Writes all of it. Returns 0 or the errno. */
int WriteAt(int fd, const uint8_t* data, size_t size, uint64_t offset);

}  // namespace sherin
