#include "temporary.h"

#include <errno.h>
#include <fcntl.h>

#include "../crypto/random.h"
#include "../error.h"
#include "../system/beneath.h"
#include "../system/io.h"
#include "cube_file.h"

namespace sherin {
namespace {

constexpr char kFolder[] = "cubes/tmp/";

std::string RandomName() {
  uint8_t random[16];
  Random(random, sizeof random);
  std::string name;
  for (const uint8_t byte : random) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

void MakeDirectory(int vault, const std::string& path) {
  const int error = MakeDirectoryBeneath(vault, path, 0700);
  if (error != 0 && error != -EEXIST) throw Failure::Errno(-error, "mkdirat");
}

int Create(int vault, const std::string& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  int fd = OpenBeneath(vault, path, flags, 0600);
  if (fd == -ENOENT) {
    MakeDirectory(vault, "cubes");
    MakeDirectory(vault, "cubes/tmp");
    fd = OpenBeneath(vault, path, flags, 0600);
  }
  if (fd < 0) throw Failure::Errno(-fd, "openat2");
  return fd;
}

}  // namespace

std::string WriteTemporary(int vault, const uint8_t id[32], Bytes file) {
  const std::string name = RandomName(), path = kFolder + name;
  const Descriptor fd(Create(vault, path));
  int error = WriteAt(fd.get(), file.data, file.size, 0);
  const char* call = "pwrite";
  if (error == 0) {
    const std::string cube = CubePath(id);
    error = -MakeDirectoryBeneath(vault, cube.substr(0, cube.rfind('/')), 0700);
    if (error == EEXIST) error = 0;
    call = "mkdirat";
  }
  if (error == 0) return name;
  UnlinkBeneath(vault, path);
  throw Failure::Errno(error, call);
}

}  // namespace sherin
