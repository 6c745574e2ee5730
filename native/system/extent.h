#pragma once
#include <cstdint>

namespace sherin {

/** What a descriptor that came from elsewhere holds at and after an offset. */
struct Extent {
  bool regular = false;
  int64_t size = 0, data = -1, hole = 0;
};

/** The file can lie in a file system of another process that does not answer, or in our own mount: on a worker thread. @throws Failure */
Extent ExtentAt(int fd, int64_t offset);
/** Overwrites with zeros what holds data between `at` and `at` + `length`. As slow as ExtentAt. @throws Failure */
void ZeroData(int fd, uint64_t at, uint64_t length);

}  // namespace sherin
