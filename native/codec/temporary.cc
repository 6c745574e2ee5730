#include "temporary.h"

#include <errno.h>
#include <fcntl.h>

#include "../crypto/random.h"
#include "../failure.h"
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

/** Makes a directory below `cubes/`, and that, unless it is there. A file or link in its place is an error. */
void NeedDirectory(int vault, const std::string& path) {
  int found = OpenBeneath(vault, path, O_PATH | O_DIRECTORY, 0);
  if (found == -ENOENT) {
    for (const std::string& made : {std::string("cubes"), path}) {
      const int error = MakeDirectoryBeneath(vault, made, 0700);
      if (error != 0 && error != -EEXIST) throw Failure::Errno(-error, "mkdirat");
    }
    found = OpenBeneath(vault, path, O_PATH | O_DIRECTORY, 0);
  }
  const Descriptor close(found);
  if (found < 0) throw Failure::Errno(-found, "openat2");
}

}  // namespace

std::string WriteTemporary(int vault, const uint8_t id[32], Bytes file) {
  const std::string cube = CubePath(id), name = RandomName(), path = kFolder + name;
  const std::string folder = cube.substr(0, cube.rfind('/'));
  const auto create = [&] { return OpenBeneath(vault, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600); };
  NeedDirectory(vault, folder);
  int opened = create();
  if (opened == -ENOENT) {
    NeedDirectory(vault, "cubes/tmp");
    opened = create();
  }
  const Descriptor fd(opened);
  if (!fd.valid()) throw Failure::Errno(-fd.get(), "openat2");
  const int error = WriteAt(fd.get(), file.data, file.size, 0);
  if (error == 0) return name;
  UnlinkBeneath(vault, path);
  throw Failure::Errno(error, "pwrite");
}

}  // namespace sherin
