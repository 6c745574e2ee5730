#include "words.h"

#include <tss2/tss2_common.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tpm2_types.h>

#include <cstdio>

namespace sherin::tpm {
namespace {

/** Sherin's own sentence, or nullptr where tpm2-tss's will do. */
const char* OwnWords(uint32_t response, const std::string& call) {
  const bool unsealing = call == "TPM2_Unseal";
  const bool owner = call == "TPM2_CreatePrimary" || call == "TPM2_NV_DefineSpace" || call == "TPM2_NV_UndefineSpace";
  switch (BaseCode(response)) {
    case TPM2_RC_POLICY_FAIL:
      return "the PCR values or the slot generation are not those of sealing";
    case TPM2_RC_POLICY:
      if (call == "TPM2_PolicyNV") return "the slot generation is not that of sealing: this slot was removed";
      return nullptr;
    case TPM2_RC_AUTH_FAIL:
    case TPM2_RC_BAD_AUTH:
      if (unsealing) return "wrong PIN";
      if (owner) return "the TPM's owner hierarchy has a password, which Sherin does not know";
      return "wrong authorization value";
    case TPM2_RC_LOCKOUT:
      return "the TPM is locked after too many wrong PINs; it opens again after its lockout interval";
    case TPM2_RC_PCR_CHANGED:
      return "a PCR changed while the TPM was asked; try again";
    case TPM2_RC_HANDLE:
      if (call == "TPM2_NV_ReadPublic") return "the TPM has no NV index at this handle";
      return nullptr;
    case TPM2_RC_NV_UNINITIALIZED:
      return "the NV counter was never incremented";
    case TPM2_RC_NV_SPACE:
      return "the TPM has no NV memory left";
    case TPM2_RC_NV_UNAVAILABLE:
      return "the TPM's NV memory is not available; try again";
    case TPM2_RC_NV_RATE:
      return "the TPM limits the rate of NV writes; try again later";
    case TPM2_RC_OBJECT_MEMORY:
    case TPM2_RC_SESSION_MEMORY:
      return "the TPM has no slot free; another program left objects loaded";
    case TPM2_RC_INTEGRITY:
      return "the sealed blob was altered or belongs to another TPM";
    case TPM2_RC_FAILURE:
      return "the TPM is in failure mode; reset the machine";
    default:
      return nullptr;
  }
}

const char* OwnWordsOfEsapi(uint32_t rc) {
  switch (rc) {
    case TSS2_ESYS_RC_RSP_AUTH_FAILED:
    case TSS2_ESYS_RC_MALFORMED_RESPONSE:
      return "the TPM's answer is not authentic: something between here and the TPM alters it";
    default:
      return nullptr;
  }
}

}  // namespace

uint32_t ResponseCode(uint32_t rc) {
  const uint32_t layer = rc & TSS2_RC_LAYER_MASK;
  return layer == TSS2_RESMGR_TPM_RC_LAYER ? rc & ~TSS2_RC_LAYER_MASK : rc;
}

uint32_t BaseCode(uint32_t response) {
  if ((response & TSS2_RC_LAYER_MASK) != 0) return response;
  return (response & TPM2_RC_FMT1) != 0 ? response & (TPM2_RC_FMT1 | 0x3f) : response;
}

bool IsStale(uint32_t response) {
  const bool reference = response >= TPM2_RC_REFERENCE_H0 && response <= TPM2_RC_REFERENCE_S6;
  return reference || response == TPM2_RC_INITIALIZE || BaseCode(response) == TPM2_RC_HANDLE;
}

std::string Words(uint32_t response, const std::string& call) {
  const bool fromTpm = (response & TSS2_RC_LAYER_MASK) == 0;
  const char* own = fromTpm ? OwnWords(response, call) : OwnWordsOfEsapi(response);
  char code[16];
  snprintf(code, sizeof code, "0x%03x", response);
  return std::string(own != nullptr ? own : Tss2_RC_Decode(response)) + " (" + call + ": " + code + ")";
}

}  // namespace sherin::tpm
