#include "io.h"

#include <errno.h>
#include <unistd.h>

namespace sherin {

int64_t ReadAt(int fd, uint8_t* out, size_t size, uint64_t offset) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(fd, out + done, size - done, static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (errno != EINTR) {
      return -errno;
    }
  }
  return static_cast<int64_t>(done);
}

int WriteAt(int fd, const uint8_t* data, size_t size, uint64_t offset) {
  size_t done = 0;
  while (done < size) {
    const ssize_t put = pwrite(fd, data + done, size - done, static_cast<off_t>(offset + done));
    if (put > 0) {
      done += static_cast<size_t>(put);
    } else if (put == 0) {
      return EIO;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace sherin
