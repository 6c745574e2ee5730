#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <shared_mutex>

#include "../crypto/gcm.h"
#include "../memory/locked.h"

namespace sherin {

/** Purposes of the subkeys, in the order of FORMAT.md, "Keys". */
enum class Purpose : size_t { Cube, CubeId, ObjectId, Manifest, Audit, Token, Nv, Sign, Journal };
constexpr size_t kPurposes = 9;

/**
 * The vault master key and its subkeys. Any thread may use it; Wipe waits for uses in progress, and every use after it
 * throws Failure EWIPED.
 */
class KeySet {
 public:
  /** Takes the VMK (32 bytes) and derives the subkeys. */
  KeySet(LockedBytes vmk, const Uuid& uuid);

  bool wiped() const;
  void Wipe();

  void Hmac(Purpose purpose, std::initializer_list<Bytes> parts, uint8_t out[32]) const;
  /** Ed25519 with K_sign. */
  void Sign(Bytes message, uint8_t signature[64]) const;
  void PublicKey(uint8_t out[32]) const;
  /** HKDF(K_cube, salt, `vertex` ‖ cube ID ‖ u32 epoch). */
  LockedBytes CubeKey(const uint8_t salt[32], const uint8_t id[32], uint32_t epoch) const;
  /** HKDF(K_journal, salt, `segment` ‖ u64 number). */
  LockedBytes JournalKey(const uint8_t salt[32], uint64_t segment) const;
  /** A copy of a subkey in locked memory. */
  LockedBytes Copy(Purpose purpose) const;
  /** A copy of the VMK in locked memory. */
  LockedBytes Master() const;
  /** VMK encrypted under a slot key. */
  void Wrap(Bytes slot_key, const Nonce& nonce, Bytes aad, uint8_t ciphertext[32], uint8_t tag[16]) const;

 private:
  /** Throws EWIPED; the lock keeps Wipe away meanwhile. */
  std::shared_lock<std::shared_mutex> Use() const;
  Bytes Subkey(Purpose purpose) const { return subkeys_[static_cast<size_t>(purpose)].bytes(); }

  mutable std::shared_mutex mutex_;
  bool wiped_ = false;
  LockedBytes vmk_;
  std::array<LockedBytes, kPurposes> subkeys_;
  std::array<uint8_t, 32> public_key_;
};

}  // namespace sherin
