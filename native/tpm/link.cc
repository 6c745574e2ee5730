#include "link.h"

#include "../failure.h"
#include "cleanse.h"
#include "words.h"

namespace sherin::tpm {
namespace {

/** Of one kind, loaded at a time: a TPM has room for a few, and a resource manager shows what is this client's. */
constexpr size_t kMostHandles = 256;

/** Loaded sessions are listed together, and each handle tells its kind: HMAC or policy (TPM 2.0 part 3, TPM2_GetCapability). */
bool IsListedUnder(TPM2_HANDLE first, TPM2_HANDLE handle) {
  const TPM2_HANDLE kind = handle & TPM2_HR_RANGE_MASK;
  return kind == first || (first == TPM2_LOADED_SESSION_FIRST && kind == TPM2_POLICY_SESSION_FIRST);
}

}  // namespace

Link::Link(const std::string& tcti) : transport_(tcti) {
  Check(Esys_Initialize(&esys_, transport_.context(), nullptr), "Esys_Initialize");
  try {
    Startup();
    Sweep();
  } catch (...) {
    Esys_Finalize(&esys_);
    throw;
  }
}

void Link::Check(TSS2_RC rc, const char* call) const {
  if (rc == TSS2_RC_SUCCESS) return;
  if (const char* code = transport_.broken()) {
    throw Failure(code, "the connection to the TPM is broken", std::nullopt, call);
  }
  const uint32_t response = ResponseCode(rc);
  throw Failure("ETPM", Words(response, call), response, call);
}

void Link::Startup() {
  const TSS2_RC rc = Esys_Startup(esys_, TPM2_SU_CLEAR);
  if (rc != TPM2_RC_INITIALIZE) Check(rc, "TPM2_Startup");
}

void Link::Shutdown() {
  Check(Esys_Shutdown(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR), "TPM2_Shutdown");
}

void Link::Leave() {
  if (!broken()) Esys_Shutdown(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR);
}

std::vector<TPM2_HANDLE> Link::Handles(TPM2_HANDLE first) {
  std::vector<TPM2_HANDLE> handles;
  TPM2_HANDLE next = first;
  TPMI_YES_NO more = TPM2_YES;
  while (more == TPM2_YES) {
    Given<TPMS_CAPABILITY_DATA> data;
    Check(Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, next,
                             TPM2_MAX_CAP_HANDLES, &more, data.out()),
          "TPM2_GetCapability");
    const TPML_HANDLE& list = data->data.handles;
    if (list.count == 0) break;
    for (UINT32 i = 0; i < list.count; i++) {
      const TPM2_HANDLE handle = list.handle[i];
      const TPM2_HANDLE place = first | (handle & TPM2_HR_HANDLE_MASK);
      // What lies in between could say the same for ever.
      if (place < next || !IsListedUnder(first, handle) || handles.size() == kMostHandles) {
        throw Failure("ETPM", "the TPM lists handles that it can not have");
      }
      handles.push_back(handle);
      next = place + 1;
    }
  }
  return handles;
}

void Link::Sweep() {
  for (const TPM2_HANDLE range : {TPM2_TRANSIENT_FIRST, TPM2_LOADED_SESSION_FIRST}) {
    for (const TPM2_HANDLE handle : Handles(range)) {
      ESYS_TR object = ESYS_TR_NONE;
      Check(Esys_TR_FromTPMPublic(esys_, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object),
            "TPM2_ReadPublic");
      Check(Esys_FlushContext(esys_, object), "TPM2_FlushContext");
    }
  }
  left_ = false;
}

void Link::OverwriteBuffers() {
  TPMI_YES_NO more;
  Given<TPMS_CAPABILITY_DATA> data;
  Check(Esys_GetCapability(esys_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_COMMANDS, TPM2_CC_FIRST,
                           TPM2_MAX_CAP_CC, &more, data.out()),
        "TPM2_GetCapability");
}

}  // namespace sherin::tpm
