#include "reencrypt.h"

#include <vector>

#include "../memory/wipe.h"
#include "opened_cube.h"
#include "scratch.h"
#include "temporary.h"
#include "write_cube.h"

namespace sherin {
namespace {

/** Decrypts all of a cube to `plain`, each vertex at its place. */
Outcome OpenWhole(const OpenedCube& cube, uint8_t* plain) {
  const Stored shape = cube.file().view().stored();
  uint8_t* const body = ThreadScratch().ciphertext();
  const Outcome read = ReadVertices(cube.file(), 0, shape.count - 1, body);
  if (!read.ok()) return read;
  if (!CiphertextMatches(cube.file().view(), {body, shape.body()})) return {Fault::Root, std::nullopt, "", cube.file().inode};
  const std::unique_ptr<Gcm> gcm = cube.NewGcm();
  for (uint32_t vertex = 0; vertex < shape.count; ++vertex) {
    const Outcome outcome = cube.OpenVertex(*gcm, vertex, body + vertex * kVertex, plain + vertex * kVertex);
    if (!outcome.ok()) return outcome;
  }
  return {};
}

}  // namespace

Reencrypted Reencrypt(int vault, const Hash& id, const Uuid& uuid, const std::shared_ptr<KeySet>& keys) {
  CubeFile file;
  Outcome outcome = OpenCubeFile(vault, id.data(), Access::Cached, file);
  if (outcome.fault == Fault::Newer && OpenedCube::IsOfThisFormat(std::move(file), id.data(), *keys)) {
    return {{Fault::Malformed, std::nullopt, "", outcome.inode}};
  }
  if (!outcome.ok()) return {outcome};
  const PadMode pad = file.view().pad();
  if (file.view().epoch() == keys->Epoch()) return {{}};
  std::shared_ptr<OpenedCube> cube;
  outcome = OpenedCube::OpenOwn(std::move(file), *keys, cube);
  if (!outcome.ok()) return {outcome};
  uint8_t* const plain = ThreadScratch().plaintext();
  const WipeAtEnd wipe(plain, kCube);
  outcome = OpenWhole(*cube, plain);
  if (!outcome.ok()) return {outcome};
  const CubeRef& ref = cube->ref();
  std::vector<Hash> hashes;
  for (size_t i = 0; i < VerticesOf(ref.length); ++i) hashes.push_back(cube->vertex_hash(i));
  const Bytes stored = WriteCubes({{{plain, ref.length}, ref, hashes}}, {keys, vault, uuid, 0, pad})[0];
  return {{}, WriteTemporary(vault, id.data(), stored), stored.size};
}

}  // namespace sherin
