#include "extent.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "../failure.h"
#include "io.h"

namespace sherin {

Extent ExtentAt(int fd, int64_t offset) {
  Extent extent;
  struct stat facts;
  if (fstat(fd, &facts) != 0) throw Failure::Errno(errno, "fstat");
  extent.regular = S_ISREG(facts.st_mode);
  extent.size = extent.hole = facts.st_size;
  if (!extent.regular) return extent;
  extent.data = lseek(fd, offset, SEEK_DATA);
  if (extent.data < 0 && errno != ENXIO) throw Failure::Errno(errno, "lseek");
  if (extent.data < 0) return extent;
  const off_t hole = lseek(fd, extent.data, SEEK_HOLE);
  if (hole < 0 && errno != ENXIO) throw Failure::Errno(errno, "lseek");
  if (hole >= 0) extent.hole = hole;
  return extent;
}

void ZeroData(int fd, uint64_t at, uint64_t length) {
  static constexpr std::array<uint8_t, 65536> zeros{};
  const Extent extent = ExtentAt(fd, static_cast<int64_t>(at));
  const uint64_t end = at + length;
  if (extent.regular && (extent.data < 0 || static_cast<uint64_t>(extent.data) >= end)) return;
  for (uint64_t done = at; done < end;) {
    const size_t part = std::min<uint64_t>(zeros.size(), end - done);
    const int error = WriteAt(fd, zeros.data(), part, done);
    if (error != 0) throw Failure::Errno(error, "pwrite");
    done += part;
  }
}

}  // namespace sherin
