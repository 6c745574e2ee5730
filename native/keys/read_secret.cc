#include "read_secret.h"

#include <errno.h>
#include <unistd.h>

#include "../failure.h"

namespace sherin {

LockedBytes ReadSecret(int fd, size_t limit) {
  constexpr size_t kLineEnd = 2;
  LockedBytes bytes(limit + kLineEnd + 1);
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(fd, bytes.data() + size, bytes.size() - size);
    if (got == 0) break;
    if (got > 0) {
      size += static_cast<size_t>(got);
    } else if (errno != EINTR) {
      throw Failure::Errno(errno, "read");
    }
  }
  if (size > 0 && bytes.data()[size - 1] == '\n') {
    --size;
    if (size > 0 && bytes.data()[size - 1] == '\r') --size;
  }
  if (size > limit) throw Failure("E2BIG", "the secret is longer than " + std::to_string(limit) + " bytes");
  bytes.truncate(size);
  return bytes;
}

}  // namespace sherin
