#include "client.h"

namespace sherin::tpm {
namespace {

/** ECC P-256 storage key: a function of the owner seed and this template alone, so it is made anew for each use. */
TPM2B_PUBLIC StorageTemplate() {
  TPM2B_PUBLIC key{};
  TPMT_PUBLIC& area = key.publicArea;
  area.type = TPM2_ALG_ECC;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_NODA | TPMA_OBJECT_USERWITHAUTH |
                          TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN;
  TPMS_ECC_PARMS& ecc = area.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_AES;
  ecc.symmetric.keyBits.aes = 128;
  ecc.symmetric.mode.aes = TPM2_ALG_CFB;
  ecc.scheme.scheme = TPM2_ALG_NULL;
  ecc.curveID = TPM2_ECC_NIST_P256;
  ecc.kdf.scheme = TPM2_ALG_NULL;
  return key;
}

}  // namespace

Loaded Client::Primary(const Name* expected) {
  const TPM2B_SENSITIVE_CREATE noSecret{};
  const TPM2B_PUBLIC key = StorageTemplate();
  const TPM2B_DATA noInfo{};
  const TPML_PCR_SELECTION noPcrs{};
  Loaded primary(link_);
  Given<TPM2B_PUBLIC> made;
  Given<TPM2B_CREATION_DATA> data;
  Given<TPM2B_DIGEST> hash;
  Given<TPMT_TK_CREATION> ticket;
  // ESAPI compares the object's Name with a hash of the public area it returns, so the Name answers for the key.
  Check(Esys_CreatePrimary(esys(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &noSecret, &key,
                           &noInfo, &noPcrs, primary.out(), made.out(), data.out(), hash.out(), ticket.out()),
        "TPM2_CreatePrimary");
  const Name name = NameOf(link_, primary.tr());
  if (primaryName_.empty()) primaryName_ = name;
  if (name != primaryName_ || (expected != nullptr && name != *expected)) {
    throw Failure("EPRIMARY", "the TPM's storage primary is not the one of sealing: another or a cleared TPM");
  }
  return primary;
}

ESYS_TR Client::Session(TPMA_SESSION attributes) {
  if (!session_) {
    const Loaded primary = Primary();
    session_.emplace(Start(primary, TPM2_SE_HMAC, 0));
  }
  Check(Esys_TRSess_SetAttributes(esys(), session_->tr(), TPMA_SESSION_CONTINUESESSION | attributes, 0xff),
        "Esys_TRSess_SetAttributes");
  return session_->tr();
}

Loaded Client::Start(const Loaded& primary, TPM2_SE type, TPMA_SESSION attributes) {
  TPMT_SYM_DEF cipher{};
  cipher.algorithm = TPM2_ALG_AES;
  cipher.keyBits.aes = 128;
  cipher.mode.aes = TPM2_ALG_CFB;
  Loaded session(link_);
  Check(Esys_StartAuthSession(esys(), primary.tr(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr,
                              type, &cipher, TPM2_ALG_SHA256, session.out()),
        "TPM2_StartAuthSession");
  Check(Esys_TRSess_SetAttributes(esys(), session.tr(), TPMA_SESSION_CONTINUESESSION | attributes, 0xff),
        "Esys_TRSess_SetAttributes");
  return session;
}

}  // namespace sherin::tpm
