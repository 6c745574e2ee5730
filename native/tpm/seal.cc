#include "seal.h"

#include <openssl/evp.h>

#include <algorithm>

#include "../memory/residue.h"
#include "authorized.h"
#include "marshalled.h"
#include "pcr.h"

namespace sherin::tpm {
namespace {

TPM2B_PUBLIC SealTemplate(const Policy& policy, const TPM2B_DIGEST& policyDigest) {
  TPM2B_PUBLIC object{};
  TPMT_PUBLIC& area = object.publicArea;
  area.type = TPM2_ALG_KEYEDHASH;
  area.nameAlg = TPM2_ALG_SHA256;
  // userWithAuth stays clear: the policy is the only way in. A PIN can be guessed, so it must count towards lockout.
  area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_ADMINWITHPOLICY;
  if (policy.auth == nullptr) area.objectAttributes |= TPMA_OBJECT_NODA;
  area.authPolicy = policyDigest;
  area.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
  return object;
}

/** What PolicyPCR compares: the policy session's hash over the values in ascending order of PCR. */
TPM2B_DIGEST Composite(const PcrValues& values) {
  std::vector<uint8_t> all;
  for (const auto& [pcr, value] : values) all.insert(all.end(), value.begin(), value.end());
  TPM2B_DIGEST digest{};
  unsigned size = 0;
  if (EVP_Digest(all.data(), all.size(), digest.buffer, &size, EVP_sha256(), nullptr) != 1) {
    throw Failure("EIO", "SHA-256 failed");
  }
  digest.size = static_cast<UINT16>(size);
  return digest;
}

/** What TPM2_Create returns. */
struct Created {
  Given<TPM2B_PRIVATE> privateArea;
  Given<TPM2B_PUBLIC> publicArea;
  Given<TPM2B_CREATION_DATA> data;
  Given<TPM2B_DIGEST> hash;
  Given<TPMT_TK_CREATION> ticket;
};

Sealed Create(Client& client, const LockedBytes& secret, const Policy& policy) {
  const TPM2B_DIGEST pcrDigest = Composite(ReadPcrs(client, policy.bank, policy.pcrs));
  const TPM2B_PUBLIC object = SealTemplate(policy, PolicyDigest(client, policy, pcrDigest));
  const TPM2B_DATA noInfo{};
  const TPML_PCR_SELECTION noPcrs{};
  const ESYS_TR session = client.Session(TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
  const Loaded primary = client.Primary();
  Created created;
  Cleansed<TPM2B_SENSITIVE_CREATE> sensitive;
  if (policy.auth != nullptr) Copy(*policy.auth, sensitive->sensitive.userAuth);
  sensitive->sensitive.data.size = static_cast<UINT16>(secret.size());
  std::copy_n(secret.data(), secret.size(), sensitive->sensitive.data.buffer);
  const auto create = [&](const TPM2B_SENSITIVE_CREATE& what, Created& into) {
    return Esys_Create(client.esys(), primary.tr(), session, ESYS_TR_NONE, ESYS_TR_NONE, &what, &object, &noInfo,
                       &noPcrs, into.privateArea.out(), into.publicArea.out(), into.data.out(), into.hash.out(),
                       into.ticket.out());
  };
  const TSS2_RC rc = create(*sensitive, created);
  client.link().Rehearse([&create] {
    Created nothing;
    create({}, nothing);
  });
  client.Check(rc, "TPM2_Create");
  return {Encode(client.link(), Tss2_MU_TPM2B_PUBLIC_Marshal, *created.publicArea),
          Encode(client.link(), Tss2_MU_TPM2B_PRIVATE_Marshal, *created.privateArea),
          NameOf(client.link(), primary.tr()), {pcrDigest.buffer, pcrDigest.buffer + pcrDigest.size}};
}

std::shared_ptr<LockedBytes> Open(Client& client, const TPM2B_PUBLIC& publicArea, const TPM2B_PRIVATE& privateArea,
                                  const Name& primaryName, const Policy& policy) {
  const Loaded primary = client.Primary(&primaryName);
  // One session is both: its policy authorizes, its salted key encrypts the secret on its way here.
  const Loaded session = client.Start(primary, TPM2_SE_POLICY, TPMA_SESSION_ENCRYPT);
  Satisfy(client, session, policy, nullptr, false);
  Loaded object(client.link());
  client.Check(Esys_Load(client.esys(), primary.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &privateArea,
                         &publicArea, object.out()),
               "TPM2_Load");
  Given<TPM2B_SENSITIVE_DATA> secret;
  const auto unseal = [&](TPM2B_SENSITIVE_DATA** out) {
    return Esys_Unseal(client.esys(), object.tr(), session.tr(), ESYS_TR_NONE, ESYS_TR_NONE, out);
  };
  const Authorized authorized(client.link(), object.tr(), policy.auth.get(), [&unseal] {
    Given<TPM2B_SENSITIVE_DATA> nothing;
    unseal(nothing.out());
  });
  client.Check(unseal(secret.out()), "TPM2_Unseal");
  if (secret->size != kSecretSize) throw Failure("EINVAL", "the sealed object holds no 32-byte secret");
  return std::make_shared<LockedBytes>(secret->buffer, secret->size);
}

/** Overwrites what ESAPI, the stack and the registers still hold of a secret, whatever became of the operation. */
class Afterwards {
 public:
  explicit Afterwards(Client& client, bool usedPin) : client_(client), usedPin_(usedPin) {}
  ~Afterwards() {
    ScrubResidue();
    if (client_.link().broken()) return;
    try {
      client_.link().OverwriteBuffers();
      // After use of an object under lockout protection, a TPM that starts without a shutdown before counts it as a
      // wrong PIN (TPM 2.0 Part 1, 19.8.6). Said at once, so that killing this process later costs nothing.
      if (usedPin_) client_.link().Shutdown();
    } catch (const Failure&) {
      // The operation's own outcome matters more; a broken link says so at the next one.
    }
  }
  Afterwards(const Afterwards&) = delete;
  Afterwards& operator=(const Afterwards&) = delete;

 private:
  Client& client_;
  bool usedPin_;
};

}  // namespace

Sealed Seal(Client& client, const LockedBytes& secret, const Policy& policy) {
  const Afterwards afterwards(client, false);
  return client.Retry([&] { return Create(client, secret, policy); });
}

std::shared_ptr<LockedBytes> Unseal(Client& client, const Sealed& sealed, const Policy& policy) {
  const TPM2B_PUBLIC publicArea =
      Decode<TPM2B_PUBLIC>(Tss2_MU_TPM2B_PUBLIC_Unmarshal, sealed.publicArea, "sealed object's public area");
  const TPM2B_PRIVATE privateArea =
      Decode<TPM2B_PRIVATE>(Tss2_MU_TPM2B_PRIVATE_Unmarshal, sealed.privateArea, "sealed object's private area");
  const Afterwards afterwards(client, policy.auth != nullptr);
  return client.Retry([&] { return Open(client, publicArea, privateArea, sealed.primaryName, policy); });
}

}  // namespace sherin::tpm
