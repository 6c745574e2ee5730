#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "client.h"

namespace sherin::tpm {

using PcrValues = std::map<uint32_t, std::vector<uint8_t>>;

/** Reads exactly the PCRs asked for, over the HMAC session. @throws Failure EINVAL the TPM lacks the bank or a PCR */
PcrValues ReadPcrs(Client& client, TPMI_ALG_HASH bank, const std::vector<uint32_t>& pcrs);

/** TPM2_PCR_Extend of the SHA-256 bank. */
void ExtendPcr(Client& client, uint32_t pcr, const std::vector<uint8_t>& sha256);

}  // namespace sherin::tpm
