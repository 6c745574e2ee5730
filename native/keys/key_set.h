#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "../crypto/ed25519.h"
#include "../crypto/gcm.h"
#include "../crypto/mac.h"
#include "../memory/locked.h"
#include "carried.h"

namespace sherin {

/** Purposes of the subkeys, in the order of FORMAT.md, "Keys". */
enum class Purpose : size_t { Cube, CubeId, ObjectId, Manifest, Audit, Token, Nv, Sign, Journal };
constexpr size_t kPurposes = 9;

/** Keys of content: each master key has its own (FORMAT.md, "Key epochs"). */
struct EpochKeys {
  uint32_t epoch;
  LockedBytes cube, manifest, journal;
};

/**
 * The vault master key and its subkeys, with those of content of the epochs before it that count still. Any thread may use it;
 * Wipe waits for uses in progress, and every use after it throws Failure EWIPED.
 */
class KeySet {
 public:
  /** Takes the VMK (32 bytes) and derives the subkeys; opens what it carries over. @throws Failure ETAG */
  KeySet(LockedBytes vmk, const Uuid& uuid, const CarriedKeys& carried = {});

  bool wiped() const;
  void Wipe();

  void Hmac(Purpose purpose, std::initializer_list<Bytes> parts, uint8_t out[32]) const;
  /** For many messages; the key is there until `use` returns. */
  void WithHmac(Purpose purpose, const std::function<void(HmacKey& key)>& use) const;
  /** Ed25519 with K_sign. */
  void Sign(Bytes message, uint8_t signature[64]) const;
  /** For many messages; the key is there until `use` returns. */
  void WithSigner(const std::function<void(Ed25519Signer& signer)>& use) const;
  void PublicKey(uint8_t out[32]) const;
  /** Epoch of the present master key. */
  uint32_t Epoch() const;
  /** Epochs before that one which count still, ascending. */
  std::vector<uint32_t> FormerEpochs() const;
  bool HasEpoch(uint32_t epoch) const;
  /** HKDF(K_cube of the epoch, salt, `vertex` ‖ cube ID ‖ u32 epoch). @throws Failure ENOKEY for an epoch that is not there */
  LockedBytes CubeKey(const uint8_t salt[32], const uint8_t id[32], uint32_t epoch) const;
  /** HKDF(K_journal, salt, `segment` ‖ u64 number). */
  LockedBytes JournalKey(const uint8_t salt[32], uint64_t segment) const;
  /** The same of each epoch, that of the present one first. */
  std::vector<LockedBytes> JournalKeys(const uint8_t salt[32], uint64_t segment) const;
  /** A copy of a subkey in locked memory. */
  LockedBytes Copy(Purpose purpose) const;
  /** K_manifest of the epoch under which page 1 of a database authenticates; of the present one where none does. */
  LockedBytes ManifestKeyOf(Bytes page) const;
  /** A copy of the VMK in locked memory. */
  LockedBytes Master() const;
  /** VMK encrypted under a slot key. */
  void Wrap(Bytes slot_key, const Nonce& nonce, Bytes aad, uint8_t ciphertext[32], uint8_t tag[16]) const;

  /** A new master key of the next epoch, with the same identity, which carries over what this one has. */
  std::shared_ptr<KeySet> Successor() const;
  /** What a header holds for this master key, sealed anew. */
  CarriedKeys Carried() const;
  /** Becomes its successor for all who use it; that one is wiped. @throws Failure EINVAL where it is none */
  void TakeOver(KeySet& successor);
  /** Drops the keys of a former epoch. */
  void Forget(uint32_t epoch);

 private:
  /** Throws EWIPED; the lock keeps Wipe away meanwhile. */
  std::shared_lock<std::shared_mutex> Use() const;
  Bytes Subkey(Purpose purpose) const { return subkeys_[static_cast<size_t>(purpose)].bytes(); }
  LockedBytes CopyOf(Purpose purpose) const;
  Bytes CubeSecret(uint32_t epoch) const;
  void OpenCarried(const CarriedKeys& carried);
  void WipeAll();

  mutable std::shared_mutex mutex_;
  const Uuid uuid_;
  bool wiped_ = false;
  uint32_t epoch_ = 0;
  LockedBytes vmk_;
  std::array<LockedBytes, kPurposes> subkeys_;
  /** Ascending. */
  std::vector<EpochKeys> former_;
  std::array<uint8_t, 32> public_key_;
};

}  // namespace sherin
