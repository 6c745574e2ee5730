#include "small_cubes.h"

#include <fcntl.h>
#include <string.h>

#include <utility>

#include "../system/io.h"
#include "merkle.h"
#include "scratch.h"

namespace sherin {
namespace {

/** Bytes of a file of one vertex, padded to whole blocks. */
size_t FileSize(const CubeRef& ref) { return kHeader + RoundUp(ref.length, kBlock); }

}  // namespace

SmallCubes::SmallCubes(const std::vector<CubeRef>& refs) {
  cubes_.reserve(refs.size());
  for (const CubeRef& ref : refs) cubes_.emplace_back().ref = ref;
}

void SmallCubes::Ask(int vault) {
  for (Cube& cube : cubes_) {
    if (OpenUnread(vault, cube.ref.id.data(), Access::Cached, cube.file).ok()) {
      posix_fadvise(cube.file.fd.get(), 0, static_cast<off_t>(FileSize(cube.ref)), POSIX_FADV_WILLNEED);
    } else {
      cube.file.fd = Descriptor();
    }
  }
}

std::vector<bool> SmallCubes::Read(const KeySet& keys, bool whole_cubes, const std::vector<uint8_t*>& places) {
  struct Decrypted {
    size_t index;
    std::shared_ptr<OpenedCube> cube;
  };
  std::vector<Decrypted> decrypted;
  std::vector<Bytes> vertices;
  for (size_t i = 0; i < cubes_.size(); ++i) {
    if (places[i] == nullptr || !cubes_[i].file.fd.valid()) continue;
    auto cube = Decrypt(cubes_[i], keys, whole_cubes, places[i]);
    if (cube == nullptr) continue;
    decrypted.push_back({i, std::move(cube)});
    vertices.push_back({places[i], cubes_[i].ref.length});
  }
  const std::vector<Hash> hashes = RootsOfBlocks(vertices);
  std::vector<bool> verified(cubes_.size());
  for (size_t i = 0; i < decrypted.size(); ++i) {
    const auto& [index, cube] = decrypted[i];
    verified[index] = cube->HasHash(0, hashes[i]);
    if (!verified[index]) explicit_bzero(places[index], cubes_[index].ref.length);
  }
  return verified;
}

/** Null where it is not as it should be; its hash is still to be compared. */
std::shared_ptr<OpenedCube> SmallCubes::Decrypt(Cube& cube, const KeySet& keys, bool whole_cubes, uint8_t* place) {
  if (cube.ref.length == 0 || cube.ref.length > kVertex) return nullptr;  // its place has room for a vertex
  uint8_t* const bytes = ThreadScratch().ciphertext();
  const size_t size = FileSize(cube.ref);
  if (ReadAt(cube.file.fd.get(), bytes, size, 0) != static_cast<int64_t>(size)) return nullptr;
  if (!TakeHeader(bytes, cube.ref.id.data(), cube.file).ok()) return nullptr;
  std::shared_ptr<OpenedCube> opened;
  std::unique_ptr<Gcm> gcm;
  if (!OpenedCube::OpenSealed(std::move(cube.file), cube.ref, keys, opened, gcm).ok()) return nullptr;
  const HeaderView view = opened->file().view();
  if (whole_cubes && view.stored().count > 1) return nullptr;
  const size_t stored = StoredSize(view, 0);
  uint8_t* const ciphertext = bytes + kHeader;
  if (kHeader + stored > size && !ReadVertices(opened->file(), 0, 0, ciphertext).ok()) return nullptr;
  if (!opened->DecryptVertex(*gcm, 0, ciphertext, place).ok()) return nullptr;
  return opened;
}

}  // namespace sherin
