#include "pcr.h"

#include <algorithm>
#include <string>

#include "policy.h"

namespace sherin::tpm {
namespace {

PcrValues ReadAll(Client& client, TPMI_ALG_HASH bank, const std::vector<uint32_t>& pcrs) {
  PcrValues values;
  std::vector<uint32_t> missing = pcrs;
  while (!missing.empty()) {
    const TPML_PCR_SELECTION wanted = Selection(bank, missing);
    UINT32 updates;
    Given<TPML_PCR_SELECTION> selected;
    Given<TPML_DIGEST> digests;
    // One answer holds eight digests at most.
    client.Check(Esys_PCR_Read(client.esys(), client.Session(TPMA_SESSION_AUDIT), ESYS_TR_NONE, ESYS_TR_NONE, &wanted,
                               &updates, selected.out(), digests.out()),
                 "TPM2_PCR_Read");
    const TPMS_PCR_SELECTION& got = selected->pcrSelections[0];
    const size_t before = values.size();
    std::vector<uint32_t> rest;
    for (const uint32_t pcr : missing) {
      const bool present = selected->count == 1 && got.hash == bank && pcr / 8 < got.sizeofSelect &&
                           (got.pcrSelect[pcr / 8] >> (pcr % 8) & 1) != 0;
      const size_t at = values.size() - before;
      if (!present || at >= digests->count) {
        rest.push_back(pcr);
        continue;
      }
      const TPM2B_DIGEST& digest = digests->digests[at];
      values[pcr].assign(digest.buffer, digest.buffer + digest.size);
    }
    if (values.size() == before) {
      throw Failure("EINVAL", "the TPM does not have PCR " + std::to_string(missing.front()) + " in this bank",
                    std::nullopt, "TPM2_PCR_Read");
    }
    missing = std::move(rest);
  }
  return values;
}

}  // namespace

PcrValues ReadPcrs(Client& client, TPMI_ALG_HASH bank, const std::vector<uint32_t>& pcrs) {
  return client.Retry([&] { return ReadAll(client, bank, pcrs); });
}

void ExtendPcr(Client& client, uint32_t pcr, const std::vector<uint8_t>& sha256) {
  TPML_DIGEST_VALUES digests{};
  digests.count = 1;
  digests.digests[0].hashAlg = TPM2_ALG_SHA256;
  std::copy_n(sha256.begin(), TPM2_SHA256_DIGEST_SIZE, digests.digests[0].digest.sha256);
  client.Retry([&] {
    client.Check(Esys_PCR_Extend(client.esys(), ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                 &digests),
                 "TPM2_PCR_Extend");
  });
}

}  // namespace sherin::tpm
