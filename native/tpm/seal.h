#pragma once
#include <memory>
#include <vector>

#include "policy.h"

namespace sherin::tpm {

/** Sealed of native/tpm.ts. */
struct Sealed {
  std::vector<uint8_t> publicArea;   // marshalled TPM2B_PUBLIC
  std::vector<uint8_t> privateArea;  // marshalled TPM2B_PRIVATE
  Name primaryName;
  std::vector<uint8_t> pcrDigest;
};

/** Bytes of a sealed secret. */
constexpr size_t kSecretSize = 32;

Sealed Seal(Client& client, const LockedBytes& secret, const Policy& policy);
std::shared_ptr<LockedBytes> Unseal(Client& client, const Sealed& sealed, const Policy& policy);

}  // namespace sherin::tpm
