#include "quote.h"

#include <algorithm>

#include "marshalled.h"

namespace sherin::tpm {
namespace {

/**
 * ECC P-256, ECDSA with SHA-256. Restricted: the TPM signs with it only what begins with TPM_GENERATED_VALUE and comes from
 * itself (TPM 2.0 Part 1, 31.3), so a quote can not be made up. It has no authValue: what it signs is no secret and says who asked.
 */
TPM2B_PUBLIC KeyTemplate() {
  TPM2B_PUBLIC key{};
  TPMT_PUBLIC& area = key.publicArea;
  area.type = TPM2_ALG_ECC;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_NODA |
                          TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                          TPMA_OBJECT_SENSITIVEDATAORIGIN;
  TPMS_ECC_PARMS& ecc = area.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_NULL;
  ecc.scheme.scheme = TPM2_ALG_ECDSA;
  ecc.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
  ecc.curveID = TPM2_ECC_NIST_P256;
  ecc.kdf.scheme = TPM2_ALG_NULL;
  return key;
}

AttestationKey Create(Client& client) {
  const TPM2B_SENSITIVE_CREATE noSecret{};
  const TPM2B_PUBLIC key = KeyTemplate();
  const TPM2B_DATA noInfo{};
  const TPML_PCR_SELECTION noPcrs{};
  const ESYS_TR session = client.Session(TPMA_SESSION_AUDIT);
  const Loaded primary = client.Primary();
  Given<TPM2B_PRIVATE> privateArea;
  Given<TPM2B_PUBLIC> publicArea;
  Given<TPM2B_CREATION_DATA> data;
  Given<TPM2B_DIGEST> hash;
  Given<TPMT_TK_CREATION> ticket;
  client.Check(Esys_Create(client.esys(), primary.tr(), session, ESYS_TR_NONE, ESYS_TR_NONE, &noSecret, &key, &noInfo,
                           &noPcrs, privateArea.out(), publicArea.out(), data.out(), hash.out(), ticket.out()),
               "TPM2_Create");
  return {Encode(client.link(), Tss2_MU_TPM2B_PUBLIC_Marshal, *publicArea),
          Encode(client.link(), Tss2_MU_TPM2B_PRIVATE_Marshal, *privateArea), NameOf(client.link(), primary.tr())};
}

QuoteOf Sign(Client& client, const TPM2B_PUBLIC& publicArea, const TPM2B_PRIVATE& privateArea, const Name& primaryName,
             const TPM2B_DATA& qualifying, const TPML_PCR_SELECTION& selection) {
  const Loaded primary = client.Primary(&primaryName);
  Loaded key(client.link());
  client.Check(Esys_Load(client.esys(), primary.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &privateArea,
                         &publicArea, key.out()),
               "TPM2_Load");
  const TPMT_SIG_SCHEME ofTheKey{TPM2_ALG_NULL, {}};
  Given<TPM2B_ATTEST> attest;
  Given<TPMT_SIGNATURE> signature;
  client.Check(Esys_Quote(client.esys(), key.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &qualifying, &ofTheKey,
                          &selection, attest.out(), signature.out()),
               "TPM2_Quote");
  return {{attest->attestationData, attest->attestationData + attest->size},
          Encode(client.link(), Tss2_MU_TPMT_SIGNATURE_Marshal, *signature)};
}

}  // namespace

AttestationKey MakeAttestationKey(Client& client) {
  return client.Retry([&] { return Create(client); });
}

QuoteOf Quote(Client& client, const AttestationKey& key, const std::vector<uint8_t>& qualifying, TPMI_ALG_HASH bank,
              const std::vector<uint32_t>& pcrs) {
  const auto publicArea =
      Decode<TPM2B_PUBLIC>(Tss2_MU_TPM2B_PUBLIC_Unmarshal, key.publicArea, "attestation key's public area");
  const auto privateArea =
      Decode<TPM2B_PRIVATE>(Tss2_MU_TPM2B_PRIVATE_Unmarshal, key.privateArea, "attestation key's private area");
  TPM2B_DATA data{};
  data.size = static_cast<UINT16>(qualifying.size());
  std::copy(qualifying.begin(), qualifying.end(), data.buffer);
  const TPML_PCR_SELECTION selection = Selection(bank, pcrs);
  return client.Retry([&] { return Sign(client, publicArea, privateArea, key.primaryName, data, selection); });
}

}  // namespace sherin::tpm
