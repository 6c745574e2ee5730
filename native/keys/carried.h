#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "../crypto/gcm.h"
#include "../memory/locked.h"

namespace sherin {

/** Keys of an earlier master key as the header holds them: AES-256-GCM under a key of the present one (FORMAT.md, "Key epochs"). */
struct SealedKeys {
  Nonce nonce{};
  std::vector<uint8_t> ciphertext;
  uint8_t tag[16] = {};
};

struct SealedEpoch {
  uint32_t epoch;
  SealedKeys sealed;
};

/** What the present master key carries over; with epoch 0 nothing. */
struct CarriedKeys {
  uint32_t epoch = 0;
  std::optional<SealedKeys> identity;
  std::vector<SealedEpoch> former;
};

/** Seals and opens carried keys: the key is HKDF(VMK, UUID, `sherin/v1/carry`). */
class Carrier {
 public:
  Carrier(const LockedBytes& vmk, const Uuid& uuid);

  SealedKeys Seal(const char* what, uint32_t epoch, const LockedBytes& keys) const;
  /** @throws Failure ETAG */
  LockedBytes Open(const char* what, uint32_t epoch, const SealedKeys& sealed) const;

 private:
  std::vector<uint8_t> Aad(const char* what, uint32_t epoch) const;

  const Uuid uuid_;
  const LockedBytes key_;
};

}  // namespace sherin
