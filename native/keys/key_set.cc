#include "key_set.h"

#include <string.h>

#include <mutex>
#include <string>

#include "../crypto/ed25519.h"
#include "../crypto/mac.h"
#include "../failure.h"

namespace sherin {
namespace {

LockedBytes Derive(const LockedBytes& vmk, const Uuid& uuid, const char* purpose) {
  const std::string info = std::string("sherin/v1/") + purpose;
  return Hkdf(vmk.bytes(), {uuid.data(), uuid.size()},
              {reinterpret_cast<const uint8_t*>(info.data()), info.size()});
}

}  // namespace

KeySet::KeySet(LockedBytes vmk, const Uuid& uuid)
    : vmk_(std::move(vmk)),
      subkeys_{Derive(vmk_, uuid, "cube"),     Derive(vmk_, uuid, "cube-id"), Derive(vmk_, uuid, "object-id"),
               Derive(vmk_, uuid, "manifest"), Derive(vmk_, uuid, "audit"),   Derive(vmk_, uuid, "token"),
               Derive(vmk_, uuid, "nv"),       Derive(vmk_, uuid, "sign"),  Derive(vmk_, uuid, "journal")} {
  Ed25519PublicKey(Subkey(Purpose::Sign), public_key_.data());
}

bool KeySet::wiped() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return wiped_;
}

void KeySet::Wipe() {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  wiped_ = true;
  vmk_.wipe();
  for (LockedBytes& subkey : subkeys_) subkey.wipe();
}

std::shared_lock<std::shared_mutex> KeySet::Use() const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  if (wiped_) throw Failure("EWIPED", "the keyring was wiped");
  return lock;
}

void KeySet::Hmac(Purpose purpose, std::initializer_list<Bytes> parts, uint8_t out[32]) const {
  const auto lock = Use();
  HmacSha256(Subkey(purpose), parts, out);
}

void KeySet::Sign(Bytes message, uint8_t signature[64]) const {
  const auto lock = Use();
  Ed25519Sign(Subkey(Purpose::Sign), {public_key_.data(), public_key_.size()}, message, signature);
}

void KeySet::PublicKey(uint8_t out[32]) const {
  const auto lock = Use();
  memcpy(out, public_key_.data(), public_key_.size());
}

LockedBytes KeySet::CubeKey(const uint8_t salt[32], const uint8_t id[32], uint32_t epoch) const {
  const auto lock = Use();
  uint8_t info[6 + 32 + 4];
  memcpy(info, "vertex", 6);
  memcpy(info + 6, id, 32);
  for (int i = 0; i < 4; ++i) info[38 + i] = static_cast<uint8_t>(epoch >> (8 * i));
  return Hkdf(Subkey(Purpose::Cube), {salt, 32}, {info, sizeof info});
}

LockedBytes KeySet::JournalKey(const uint8_t salt[32], uint64_t segment) const {
  const auto lock = Use();
  uint8_t info[7 + 8];
  memcpy(info, "segment", 7);
  for (int i = 0; i < 8; ++i) info[7 + i] = static_cast<uint8_t>(segment >> (8 * i));
  return Hkdf(Subkey(Purpose::Journal), {salt, 32}, {info, sizeof info});
}

LockedBytes KeySet::Copy(Purpose purpose) const {
  const auto lock = Use();
  const Bytes key = Subkey(purpose);
  return LockedBytes(key.data, key.size);
}

LockedBytes KeySet::Master() const {
  const auto lock = Use();
  return LockedBytes(vmk_.data(), vmk_.size());
}

void KeySet::Wrap(Bytes slot_key, const Nonce& nonce, Bytes aad, uint8_t ciphertext[32], uint8_t tag[16]) const {
  const auto lock = Use();
  Gcm(Gcm::Direction::Seal, slot_key).Seal(nonce, aad, vmk_.data(), vmk_.size(), ciphertext, tag);
}

}  // namespace sherin
