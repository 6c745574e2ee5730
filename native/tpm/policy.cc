#include "policy.h"

#include "nv.h"

namespace sherin::tpm {

TPML_PCR_SELECTION Selection(TPMI_ALG_HASH bank, const std::vector<uint32_t>& pcrs) {
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  TPMS_PCR_SELECTION& one = selection.pcrSelections[0];
  one.hash = bank;
  one.sizeofSelect = 3;
  for (const uint32_t pcr : pcrs) one.pcrSelect[pcr / 8] |= static_cast<BYTE>(1u << (pcr % 8));
  return selection;
}

void Satisfy(Client& client, const Loaded& session, const Policy& policy, const TPM2B_DIGEST* pcrDigest,
             bool guarded) {
  const auto guard = [&client, guarded] { return guarded ? client.Session(TPMA_SESSION_AUDIT) : ESYS_TR_NONE; };
  const TPM2B_DIGEST present{};
  const TPML_PCR_SELECTION selection = Selection(policy.bank, policy.pcrs);
  client.Check(Esys_PolicyPCR(client.esys(), session.tr(), guard(), ESYS_TR_NONE, ESYS_TR_NONE,
                              pcrDigest != nullptr ? pcrDigest : &present, &selection),
               "TPM2_PolicyPCR");

  Reference counter(client.link());
  OpenIndex(client, policy.slotCounter, counter);
  TPM2B_OPERAND generation{};
  generation.size = sizeof policy.slotGeneration;
  for (size_t i = 0; i < generation.size; i++) {
    generation.buffer[i] = static_cast<BYTE>(policy.slotGeneration >> (8 * (generation.size - 1 - i)));
  }
  client.Check(Esys_PolicyNV(client.esys(), counter.tr(), counter.tr(), session.tr(), ESYS_TR_PASSWORD, guard(),
                             ESYS_TR_NONE, &generation, 0, TPM2_EO_EQ),
               "TPM2_PolicyNV");

  if (policy.auth != nullptr) {
    client.Check(Esys_PolicyAuthValue(client.esys(), session.tr(), guard(), ESYS_TR_NONE, ESYS_TR_NONE),
                 "TPM2_PolicyAuthValue");
  }
}

TPM2B_DIGEST PolicyDigest(Client& client, const Policy& policy, const TPM2B_DIGEST& pcrDigest) {
  client.Session(TPMA_SESSION_AUDIT);  // before the primary is loaded once more
  const Loaded trial = client.Start(client.Primary(), TPM2_SE_TRIAL, 0);
  Satisfy(client, trial, policy, &pcrDigest, true);
  Given<TPM2B_DIGEST> digest;
  client.Check(Esys_PolicyGetDigest(client.esys(), trial.tr(), client.Session(TPMA_SESSION_AUDIT), ESYS_TR_NONE,
                                    ESYS_TR_NONE, digest.out()),
               "TPM2_PolicyGetDigest");
  return *digest;
}

}  // namespace sherin::tpm
