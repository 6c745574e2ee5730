#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "../memory/locked.h"
#include "client.h"

namespace sherin::tpm {

struct NvIndex {
  uint32_t handle;
  Name name;
};

/** SealPolicy of native/tpm.ts, checked. */
struct Policy {
  std::vector<uint32_t> pcrs;  // ascending
  TPMI_ALG_HASH bank;
  NvIndex slotCounter;
  uint64_t slotGeneration;
  std::shared_ptr<LockedBytes> auth;  // null: none
};

TPML_PCR_SELECTION Selection(TPMI_ALG_HASH bank, const std::vector<uint32_t>& pcrs);

/**
 * Runs PolicyPCR, PolicyNV and, with an authValue, PolicyAuthValue in a policy or trial session (FORMAT.md, "Key
 * slots": the order enters the digest).
 * @param pcrDigest what PolicyPCR is to require; null: the PCRs as they are.
 * @param guarded true: every command also goes through the client's HMAC session, so that nobody between here and
 *   the TPM can change it or its answer. A trial needs that; a real policy session proves itself by working.
 */
void Satisfy(Client& client, const Loaded& session, const Policy& policy, const TPM2B_DIGEST* pcrDigest, bool guarded);

/** The digest that a trial session arrives at. */
TPM2B_DIGEST PolicyDigest(Client& client, const Policy& policy, const TPM2B_DIGEST& pcrDigest);

}  // namespace sherin::tpm
