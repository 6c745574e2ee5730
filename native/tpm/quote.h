#pragma once
#include <vector>

#include "policy.h"

namespace sherin::tpm {

/** AttestationKey of native/tpm.ts. */
struct AttestationKey {
  std::vector<uint8_t> publicArea;   // marshalled TPM2B_PUBLIC
  std::vector<uint8_t> privateArea;  // marshalled TPM2B_PRIVATE
  Name primaryName;
};

/** Quote of native/tpm.ts. */
struct QuoteOf {
  std::vector<uint8_t> attest;     // TPMS_ATTEST, as it was signed
  std::vector<uint8_t> signature;  // marshalled TPMT_SIGNATURE
};

/** A new restricted signing key below the storage primary: it signs what the TPM itself says, and nothing else. */
AttestationKey MakeAttestationKey(Client& client);
/** TPM2_Quote over these PCRs. @throws Failure EPRIMARY, EINVAL a malformed key */
QuoteOf Quote(Client& client, const AttestationKey& key, const std::vector<uint8_t>& qualifying, TPMI_ALG_HASH bank,
              const std::vector<uint32_t>& pcrs);

}  // namespace sherin::tpm
