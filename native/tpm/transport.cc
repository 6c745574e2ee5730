#include "transport.h"

#include <cstring>

namespace sherin::tpm {
namespace {

/** TPM_ST_NO_SESSIONS, 10 bytes, TPM_RC_COMMAND_CODE (TPM 2.0 Part 1, 18.3). */
constexpr uint8_t kRefusal[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x43};

}  // namespace

Transport::Context Transport::MakeContext(Transport* self) {
  constexpr uint64_t kMagic = 0x5348455249545054;  // "SHERITPT"
  const auto simple = [](TSS2_TCTI_CONTEXT*) -> TSS2_RC { return TSS2_TCTI_RC_NOT_IMPLEMENTED; };
  const auto poll = [](TSS2_TCTI_CONTEXT*, TSS2_TCTI_POLL_HANDLE*, size_t*) -> TSS2_RC {
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
  };
  const auto locality = [](TSS2_TCTI_CONTEXT*, uint8_t) -> TSS2_RC { return TSS2_TCTI_RC_NOT_IMPLEMENTED; };
  const auto sticky = [](TSS2_TCTI_CONTEXT*, TPM2_HANDLE*, uint8_t) -> TSS2_RC {
    return TSS2_TCTI_RC_NOT_IMPLEMENTED;
  };
  return {{{kMagic, 2, Transmit, Receive, nullptr, simple, poll, locality}, sticky}, self};
}

template <typename Transfer>
TSS2_RC Transport::Try(Transfer&& transfer) {
  if (broken_ != nullptr) return TSS2_TCTI_RC_NO_CONNECTION;
  broken_ = transfer();
  return broken_ == nullptr ? TSS2_RC_SUCCESS : TSS2_TCTI_RC_IO_ERROR;
}

TSS2_RC Transport::Transmit(TSS2_TCTI_CONTEXT* context, size_t size, const uint8_t* command) {
  Transport& self = Self(context);
  if (self.muted_) return TSS2_RC_SUCCESS;
  return self.Try([&] { return self.wire_->Send(command, size, self.deadline_); });
}

TSS2_RC Transport::Receive(TSS2_TCTI_CONTEXT* context, size_t* size, uint8_t* response, int32_t /* always waits */) {
  if (size == nullptr) return TSS2_TCTI_RC_BAD_REFERENCE;
  if (response == nullptr) {  // asks how much room the answer will need
    *size = TPM2_MAX_RESPONSE_SIZE;
    return TSS2_RC_SUCCESS;
  }
  Transport& self = Self(context);
  if (self.muted_) {
    if (*size < sizeof kRefusal) return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
    *size = sizeof kRefusal;
    std::memcpy(response, kRefusal, sizeof kRefusal);
    return TSS2_RC_SUCCESS;
  }
  return self.Try([&] { return self.wire_->Receive(response, *size, self.deadline_); });
}

}  // namespace sherin::tpm
