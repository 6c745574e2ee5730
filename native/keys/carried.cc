#include "carried.h"

#include <string.h>

#include "../crypto/mac.h"
#include "../crypto/random.h"
#include "../failure.h"

namespace sherin {
namespace {

Bytes TextOf(const char* text) { return {reinterpret_cast<const uint8_t*>(text), strlen(text)}; }

}  // namespace

Carrier::Carrier(const LockedBytes& vmk, const Uuid& uuid)
    : uuid_(uuid), key_(Hkdf(vmk.bytes(), {uuid.data(), uuid.size()}, TextOf("sherin/v1/carry"))) {}

SealedKeys Carrier::Seal(const char* what, uint32_t epoch, const LockedBytes& keys) const {
  SealedKeys sealed;
  Random(sealed.nonce.bytes, sizeof sealed.nonce.bytes);
  sealed.ciphertext.resize(keys.size());
  const std::vector<uint8_t> aad = Aad(what, epoch);
  Gcm(Gcm::Direction::Seal, key_.bytes())
      .Seal(sealed.nonce, {aad.data(), aad.size()}, keys.data(), keys.size(), sealed.ciphertext.data(), sealed.tag);
  return sealed;
}

LockedBytes Carrier::Open(const char* what, uint32_t epoch, const SealedKeys& sealed) const {
  LockedBytes keys(sealed.ciphertext.size());
  const std::vector<uint8_t> aad = Aad(what, epoch);
  if (!Gcm(Gcm::Direction::Open, key_.bytes())
           .Open(sealed.nonce, {aad.data(), aad.size()}, sealed.ciphertext.data(), keys.size(), keys.data(), sealed.tag)) {
    throw Failure("ETAG", "the master key does not open the keys that it carries over");
  }
  return keys;
}

/** UUID ‖ what ‖ 0 ‖ u32 epoch */
std::vector<uint8_t> Carrier::Aad(const char* what, uint32_t epoch) const {
  std::vector<uint8_t> aad(uuid_.begin(), uuid_.end());
  aad.insert(aad.end(), what, what + strlen(what) + 1);
  for (int i = 0; i < 4; ++i) aad.push_back(static_cast<uint8_t>(epoch >> (8 * i)));
  return aad;
}

}  // namespace sherin
