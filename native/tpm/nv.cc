#include "nv.h"

#include <sys/random.h>

#include "authorized.h"

namespace sherin::tpm {
namespace {

/** Owner-defined indices of applications (TCG Registry of Reserved TPM 2.0 Handles, 2.2.2). */
constexpr TPM2_HANDLE kFirst = 0x01800000;
constexpr TPM2_HANDLE kCount = 0x00400000;
constexpr int kAttempts = 16;
constexpr UINT16 kSize = 8;

/** A handle at random, so that two vaults that are made at once do not race for the same one. */
TPM2_HANDLE RandomHandle() {
  uint32_t number;
  if (getrandom(&number, sizeof number, 0) != sizeof number) throw Failure::Errno(errno, "getrandom");
  return kFirst + number % kCount;
}

TPM2B_NV_PUBLIC CounterTemplate(TPM2_HANDLE handle) {
  TPM2B_NV_PUBLIC index{};
  index.nvPublic.nvIndex = handle;
  index.nvPublic.nameAlg = TPM2_ALG_SHA256;
  index.nvPublic.attributes =
      TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA;
  index.nvPublic.dataSize = kSize;
  return index;
}

TSS2_RC TryIncrement(Client& client, ESYS_TR index, ESYS_TR session) {
  return Esys_NV_Increment(client.esys(), index, index, session, ESYS_TR_NONE, ESYS_TR_NONE);
}

void Increment(Client& client, ESYS_TR index) {
  client.Check(TryIncrement(client, index, client.Session(0)), "TPM2_NV_Increment");
}

auto Authorize(Client& client, ESYS_TR index, const LockedBytes* auth) {
  const ESYS_TR session = client.Session(0);
  return Authorized(client.link(), index, auth, [&client, index, session] { TryIncrement(client, index, session); });
}

TSS2_RC TryDefine(Client& client, const TPM2B_AUTH& auth, const TPM2B_NV_PUBLIC& space, ESYS_TR* index) {
  return Esys_NV_DefineSpace(client.esys(), ESYS_TR_RH_OWNER, client.Session(TPMA_SESSION_DECRYPT), ESYS_TR_NONE,
                             ESYS_TR_NONE, &auth, &space, index);
}

/** Overwrites the authValue in ESAPI's copy of its last parameters, and in the record it made of the index. */
void ForgetAuth(Client& client, const TPM2B_NV_PUBLIC& space, ESYS_TR index) {
  const TPM2B_AUTH nothing{};
  ESYS_TR none = ESYS_TR_NONE;
  client.link().Rehearse([&] { TryDefine(client, nothing, space, &none); });
  if (index != ESYS_TR_NONE) Esys_TR_SetAuth(client.esys(), index, &nothing);
}

uint64_t Read(Client& client, ESYS_TR index) {
  Given<TPM2B_MAX_NV_BUFFER> data;
  client.Check(Esys_NV_Read(client.esys(), index, index, client.Session(TPMA_SESSION_ENCRYPT), ESYS_TR_NONE,
                            ESYS_TR_NONE, kSize, 0, data.out()),
               "TPM2_NV_Read");
  if (data->size != kSize) throw Failure("ETPM", "the TPM returned a counter of another size");
  uint64_t value = 0;
  for (UINT16 i = 0; i < kSize; i++) value = value << 8 | data->buffer[i];
  return value;
}

void Undefine(Client& client, Reference& index) {
  client.Check(Esys_NV_UndefineSpace(client.esys(), ESYS_TR_RH_OWNER, index.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                     ESYS_TR_NONE),
               "TPM2_NV_UndefineSpace");
  index.Forget();
}

/** The Name as the TPM has it now; ESAPI's record would miss that the first increment sets TPMA_NV_WRITTEN. */
Name PresentName(Client& client, TPM2_HANDLE handle) {
  Reference fresh(client.link());
  client.Check(Esys_TR_FromTPMPublic(client.esys(), handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, fresh.out()),
               "TPM2_NV_ReadPublic");
  return NameOf(client.link(), fresh.tr());
}

/** Increments once (which makes it readable) and reads; an index that can not be used is not left behind. */
NewCounter Begin(Client& client, TPM2_HANDLE handle, Reference& index, const LockedBytes* auth) {
  try {
    const auto authorized = Authorize(client, index.tr(), auth);
    Increment(client, index.tr());
    const uint64_t value = Read(client, index.tr());
    return {{handle, PresentName(client, handle)}, value};
  } catch (const Failure&) {
    if (!client.link().broken()) {
      Esys_NV_UndefineSpace(client.esys(), ESYS_TR_RH_OWNER, index.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
    }
    throw;
  }
}

}  // namespace

void OpenIndex(Client& client, const NvIndex& index, Reference& reference) {
  const TSS2_RC rc = Esys_TR_FromTPMPublic(client.esys(), index.handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                           reference.out());
  if (BaseCode(ResponseCode(rc)) == TPM2_RC_HANDLE) {
    throw Failure("ENVGONE", Words(ResponseCode(rc), "TPM2_NV_ReadPublic"), ResponseCode(rc), "TPM2_NV_ReadPublic");
  }
  client.Check(rc, "TPM2_NV_ReadPublic");
  if (NameOf(client.link(), reference.tr()) != index.name) {
    throw Failure("ENVNAME", "the NV index at this handle is another one than the vault's");
  }
}

NewCounter DefineCounter(Client& client, const LockedBytes* auth) {
  return client.Retry([&] {
    Cleansed<TPM2B_AUTH> value;
    if (auth != nullptr) Copy(*auth, *value);
    for (int attempt = 0; attempt < kAttempts; attempt++) {
      const TPM2_HANDLE handle = RandomHandle();
      const TPM2B_NV_PUBLIC space = CounterTemplate(handle);
      Reference index(client.link());
      const TSS2_RC rc = TryDefine(client, *value, space, index.out());
      ForgetAuth(client, space, index.tr());
      if (rc == TPM2_RC_NV_DEFINED) continue;
      client.Check(rc, "TPM2_NV_DefineSpace");
      return Begin(client, handle, index, auth);
    }
    throw Failure("ETPM", "the TPM has no free NV handle", TPM2_RC_NV_DEFINED, "TPM2_NV_DefineSpace");
  });
}

uint64_t ReadCounter(Client& client, const NvIndex& index, const LockedBytes* auth) {
  return client.Retry([&] {
    Reference reference(client.link());
    OpenIndex(client, index, reference);
    const auto authorized = Authorize(client, reference.tr(), auth);
    return Read(client, reference.tr());
  });
}

uint64_t IncrementCounter(Client& client, const NvIndex& index, const LockedBytes* auth) {
  // Two steps, so that a reset in between repeats the reading only.
  client.Retry([&] {
    Reference reference(client.link());
    OpenIndex(client, index, reference);
    const auto authorized = Authorize(client, reference.tr(), auth);
    Increment(client, reference.tr());
  });
  return ReadCounter(client, index, auth);
}

void UndefineCounter(Client& client, const NvIndex& index) {
  client.Retry([&] {
    Reference reference(client.link());
    OpenIndex(client, index, reference);
    Undefine(client, reference);
  });
}

}  // namespace sherin::tpm
