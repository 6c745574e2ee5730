#include "write_cube.h"

#include <string.h>

#include <memory>
#include <string>
#include <utility>

#include "../crypto/random.h"
#include "../memory/wipe.h"
#include "cube_file.h"
#include "merkle.h"
#include "scratch.h"
#include "sealed_part.h"

namespace sherin {
namespace {

void PutPreamble(uint8_t* header, const CubeRef& cube, Stored stored, PadMode pad, uint32_t epoch) {
  memset(header, 0, kHeader);
  memcpy(header + field::kMagic, "SHERIN::", 8);
  header[field::kVersion] = 1;
  header[field::kSuite] = 1;
  StoreU32(header + field::kFlags, static_cast<uint32_t>(pad) | epoch << 16);
  memcpy(header + field::kId, cube.id.data(), cube.id.size());
  // Fresh for every attempt: a cube key never encrypts two bodies.
  Random(header + field::kSalt, 32);
  StoreU32(header + field::kCount, stored.count);
  StoreU32(header + field::kLast, stored.last);
}

void SealVertices(Gcm& gcm, Bytes data, Stored stored, uint8_t* header, uint8_t* body) {
  for (uint32_t vertex = 0; vertex < stored.count; ++vertex) {
    const size_t start = vertex * kVertex;
    const size_t size = start >= data.size ? 0 : std::min(kVertex, data.size - start);
    const size_t padded = vertex + 1 == stored.count ? stored.last : kVertex;
    uint8_t* const out = body + start;
    uint8_t* const tag = header + field::kTags + vertex * kTag;
    if (size == padded) {
      gcm.Seal(Nonce::Of(vertex), {header, kVertexAad}, data.data + start, size, out, tag);
      continue;
    }
    uint8_t* const whole = ThreadScratch().vertex();
    const WipeAtEnd wipe(whole, padded);
    memcpy(whole, data.data + start, size);
    memset(whole + size, 0, padded - size);
    gcm.Seal(Nonce::Of(vertex), {header, kVertexAad}, whole, padded, out, tag);
  }
}

void SealHeader(Gcm& gcm, const CubeRef& cube, const std::vector<Hash>& vertex_hashes, uint8_t* header) {
  SealedPart part;
  for (size_t i = 0; i < vertex_hashes.size(); ++i) memcpy(part.hash(i), vertex_hashes[i].data(), sizeof(Hash));
  part.set_length(cube.length);
  gcm.Seal(Nonce::Of(kSealedNonce), {header, kSealedAad}, part.bytes, kSealedSize, header + field::kSealed,
           header + field::kSealedTag);
}

void Sign(Ed25519Signer& signer, const Uuid& uuid, uint8_t* header) {
  const std::string message = SignedBytes(uuid.data(), header);
  signer.Sign({reinterpret_cast<const uint8_t*>(message.data()), message.size()}, header + field::kSignature);
}

/** A cube file on its way: what its ciphertext hashes to is still missing. */
struct Unfinished {
  uint8_t* header;
  size_t body;
  std::unique_ptr<Gcm> gcm;
};

Unfinished BeginCube(const CubeContent& content, const EncodeSettings& settings, uint8_t* header) {
  const Stored stored = StoredOf(content.data.size, settings.pad);
  const uint32_t epoch = settings.keys->Epoch();
  PutPreamble(header, content.cube, stored, settings.pad, epoch);
  const LockedBytes key = settings.keys->CubeKey(header + field::kSalt, content.cube.id.data(), epoch);
  auto gcm = std::make_unique<Gcm>(Gcm::Direction::Seal, key.bytes());
  SealVertices(*gcm, content.data, stored, header, header + kHeader);
  return {header, stored.body(), std::move(gcm)};
}

}  // namespace

std::vector<Bytes> WriteCubes(const std::vector<CubeContent>& contents, const EncodeSettings& settings) {
  std::vector<Unfinished> cubes;
  std::vector<Bytes> bodies, files;
  uint8_t* at = ThreadScratch().ciphertext();
  for (const CubeContent& content : contents) {
    cubes.push_back(BeginCube(content, settings, at));
    bodies.push_back({at + kHeader, cubes.back().body});
    files.push_back({at, kHeader + cubes.back().body});
    at += files.back().size;
  }
  const std::vector<Hash> roots = RootsOfBlocks(bodies);
  for (size_t i = 0; i < cubes.size(); ++i) {
    memcpy(cubes[i].header + field::kCiphertextRoot, roots[i].data(), roots[i].size());
    SealHeader(*cubes[i].gcm, contents[i].cube, contents[i].vertex_hashes, cubes[i].header);
  }
  settings.keys->WithSigner([&](Ed25519Signer& signer) {
    for (const Unfinished& cube : cubes) Sign(signer, settings.uuid, cube.header);
  });
  return files;
}

}  // namespace sherin
