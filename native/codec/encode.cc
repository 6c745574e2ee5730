#include "encode.h"

#include <errno.h>
#include <string.h>

#include "../failure.h"
#include "../memory/wipe.h"
#include "../system/io.h"
#include "merkle.h"
#include "opened_cube.h"
#include "scratch.h"
#include "temporary.h"
#include "write_cube.h"

namespace sherin {
namespace {

bool IsHole(Bytes data) {
  return data.data[0] == 0 && memcmp(data.data, data.data + 1, data.size - 1) == 0;
}

CubeRef RefOf(Bytes data, const std::vector<Hash>& vertex_hashes, const EncodeSettings& settings) {
  CubeRef cube{};
  cube.root = RootOfHashes(vertex_hashes.data(), vertex_hashes.size());
  cube.length = static_cast<uint32_t>(data.size);
  uint8_t owner[4], length[4];
  StoreU32(owner, settings.owner);
  StoreU32(length, cube.length);
  settings.keys->Hmac(Purpose::CubeId, {{owner, 4}, {cube.root.data(), cube.root.size()}, {length, 4}},
                      cube.id.data());
  return cube;
}

/**
 * Whether the vault's cube of this ID can stand for the content at hand: every stored byte hashes to the ciphertext root,
 * which the sealed part authenticates together with the plaintext root. One that can not is replaced by the content in
 * hand.
 */
bool HasGood(const CubeRef& cube, const EncodeSettings& settings, uint64_t& stored) {
  CubeFile file;
  Outcome outcome = OpenCubeFile(settings.vault, cube.id.data(), Access::Cached, file);
  if (outcome.fault == Fault::Io && !file.fd.valid()) throw Failure(outcome.error, "open of a cube: " + outcome.error);
  if (!outcome.ok()) return false;
  const HeaderView view = file.view();
  const Stored shape = view.stored();
  uint8_t* const body = ThreadScratch().ciphertext();
  if (!ReadVertices(file, 0, shape.count - 1, body).ok()) return false;
  if (!CiphertextMatches(view, {body, shape.body()})) return false;
  std::shared_ptr<OpenedCube> opened;
  if (!OpenedCube::OpenSealed(std::move(file), cube, *settings.keys, opened).ok()) return false;
  stored = kHeader + shape.body();
  return true;
}

}  // namespace

Encoded EncodeBytes(Bytes data, const EncodeSettings& settings) {
  if (IsHole(data)) return {Encoded::Kind::Hole};
  std::vector<Hash> vertex_hashes;
  for (size_t at = 0; at < data.size; at += kVertex) {
    vertex_hashes.push_back(VertexHash({data.data + at, std::min(kVertex, data.size - at)}));
  }
  const CubeRef cube = RefOf(data, vertex_hashes, settings);
  Encoded encoded{Encoded::Kind::Cube, cube, std::move(vertex_hashes)};
  if (HasGood(encoded.cube, settings, encoded.stored)) return encoded;
  const Bytes file = WriteCube(data, encoded.cube, encoded.vertex_hashes, settings);
  encoded.temporary = WriteTemporary(settings.vault, encoded.cube.id.data(), file);
  encoded.stored = file.size;
  return encoded;
}

Encoded EncodeDescriptor(int fd, uint64_t offset, size_t length, const EncodeSettings& settings) {
  uint8_t* const plain = ThreadScratch().plaintext();
  const WipeAtEnd wipe(plain, length);
  const int64_t got = ReadAt(fd, plain, length, offset);
  if (got < 0) throw Failure::Errno(static_cast<int>(-got), "pread");
  if (got < static_cast<int64_t>(length)) {
    Encoded cut{Encoded::Kind::Short};
    cut.cube.length = static_cast<uint32_t>(got);
    return cut;
  }
  return EncodeBytes({plain, length}, settings);
}

Begun BeginDescriptor(int fd, const EncodeSettings& settings) {
  Begun begun{ExtentAt(fd, 0), std::nullopt};
  const Extent& extent = begun.extent;
  const auto size = static_cast<uint64_t>(extent.size);
  if (extent.data >= 0 && size >= 1 && size <= kCube) begun.whole = EncodeDescriptor(fd, 0, size, settings);
  return begun;
}

}  // namespace sherin
