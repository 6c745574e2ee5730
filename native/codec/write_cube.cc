#include "write_cube.h"

#include <string.h>

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
  uint8_t* const whole = ThreadScratch().vertex();  // a vertex with its padding
  const WipeAtEnd wipe(whole, kVertex);
  for (uint32_t vertex = 0; vertex < stored.count; ++vertex) {
    const size_t start = vertex * kVertex;
    const size_t size = start >= data.size ? 0 : std::min(kVertex, data.size - start);
    const size_t padded = vertex + 1 == stored.count ? stored.last : kVertex;
    uint8_t* const out = body + start;
    const uint8_t* in = data.data + start;
    if (size < padded) {
      memcpy(whole, in, size);
      memset(whole + size, 0, padded - size);
      in = whole;
    }
    gcm.Seal(Nonce::Of(vertex), {header, kVertexAad}, in, padded, out, header + field::kTags + vertex * kTag);
  }
}

void SealHeader(Gcm& gcm, const CubeRef& cube, const std::vector<Hash>& vertex_hashes, uint8_t* header) {
  SealedPart part;
  for (size_t i = 0; i < vertex_hashes.size(); ++i) memcpy(part.hash(i), vertex_hashes[i].data(), sizeof(Hash));
  part.set_length(cube.length);
  gcm.Seal(Nonce::Of(kSealedNonce), {header, kSealedAad}, part.bytes, kSealedSize, header + field::kSealed,
           header + field::kSealedTag);
}

void Sign(const EncodeSettings& settings, uint8_t* header) {
  const std::string message = SignedBytes(settings.uuid.data(), header);
  settings.keys->Sign({reinterpret_cast<const uint8_t*>(message.data()), message.size()}, header + field::kSignature);
}

}  // namespace

Bytes WriteCube(Bytes data, const CubeRef& cube, const std::vector<Hash>& vertex_hashes,
                const EncodeSettings& settings) {
  uint8_t* const header = ThreadScratch().ciphertext();
  uint8_t* const body = header + kHeader;
  const Stored stored = StoredOf(data.size, settings.pad);
  const uint32_t epoch = settings.keys->Epoch();
  PutPreamble(header, cube, stored, settings.pad, epoch);
  const LockedBytes key = settings.keys->CubeKey(header + field::kSalt, cube.id.data(), epoch);
  Gcm gcm(Gcm::Direction::Seal, key.bytes());
  SealVertices(gcm, data, stored, header, body);
  const Hash root = RootOfBlocks({body, stored.body()});
  memcpy(header + field::kCiphertextRoot, root.data(), root.size());
  SealHeader(gcm, cube, vertex_hashes, header);
  Sign(settings, header);
  return {header, kHeader + stored.body()};
}

}  // namespace sherin
