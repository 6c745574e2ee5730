#include "vault.h"

#include <fcntl.h>
#include <stdlib.h>

#include "../crypto/random.h"
#include "../system/io.h"
#include "check.h"

namespace sherin::checks {
namespace {

std::filesystem::path MakeFolder() {
  std::string name = std::filesystem::temp_directory_path() / "sherin-checks-XXXXXX";
  CHECK(mkdtemp(name.data()) != nullptr);
  return name;
}

LockedBytes RandomKey() {
  LockedBytes key(32);
  Random(key.data(), key.size());
  return key;
}

}  // namespace

Vault::Vault() : folder_(MakeFolder()), fd_(open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  CHECK(fd_.valid());
  const Uuid uuid{1, 2, 3};
  settings = {std::make_shared<KeySet>(RandomKey(), uuid), fd_.get(), uuid, 0, PadMode::Block};
}

Vault::~Vault() { std::filesystem::remove_all(folder_); }

Vault::Cube Vault::Store(size_t size, PadMode pad) {
  Cube cube{{}, std::vector<uint8_t>(size)};
  Random(cube.content.data(), size);
  if (size > 0) cube.content[0] |= 1;  // zeros alone would be a hole
  EncodeSettings padded = settings;
  padded.pad = pad;
  const Encoded encoded = EncodeBytes({cube.content.data(), size}, padded);
  CHECK(encoded.kind == Encoded::Kind::Cube);
  cube.ref = encoded.cube;
  if (encoded.temporary.empty()) return cube;  // a small one that was there already
  Place(encoded);
  return cube;
}

void Vault::Place(const Encoded& encoded) const {
  std::filesystem::rename(folder_ / "cubes/tmp" / encoded.temporary, PathOf(encoded.cube));
}

std::filesystem::path Vault::PathOf(const CubeRef& cube) const { return folder_ / CubePath(cube.id.data()); }

void Vault::Flip(const CubeRef& cube, size_t at) const {
  const Descriptor file(open(PathOf(cube).c_str(), O_RDWR | O_CLOEXEC));
  uint8_t byte = 0;
  CHECK(ReadAt(file.get(), &byte, 1, at) == 1);
  byte ^= 1;
  CHECK(WriteAt(file.get(), &byte, 1, at) == 0);
}

std::shared_ptr<CubeSource> Vault::Source(size_t cache_bytes, bool whole_cubes) const {
  auto source = std::make_shared<CubeSource>(Descriptor(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 3)), cache_bytes,
                                             settings.uuid, whole_cubes);
  source->Resume(settings.keys);
  return source;
}

}  // namespace sherin::checks
