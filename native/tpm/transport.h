#pragma once
#include <tss2/tss2_tcti.h>

#include <memory>
#include <string>

#include "wire.h"

namespace sherin::tpm {

/**
 * The way to the TPM as ESAPI wants it: a TCTI of our own in front of a wire, which waits for answers with a deadline
 * and can be told to stop waiting, so that a software TPM that hangs never holds a thread for ever. Once a transfer
 * has failed the transport is broken for good: command and answer could no longer be told apart.
 */
class Transport {
 public:
  /** @param tcti such as `device:/dev/tpmrm0`. @throws Failure with the errno of the device or socket */
  explicit Transport(const std::string& tcti) : wire_(OpenWire(tcti)) {}
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /** For Esys_Initialize; lives as long as this object. */
  TSS2_TCTI_CONTEXT* context() { return reinterpret_cast<TSS2_TCTI_CONTEXT*>(&context_); }
  /** Any thread: waits no longer than this for an answer from now on. */
  void Hurry(Deadline::Patience patience) { deadline_.Shorten(patience); }
  /** While muted, commands do not leave the process: each is answered with TPM_RC_COMMAND_CODE. */
  void Mute(bool muted) { muted_ = muted; }
  /** Why the transport is broken as an errno name; nullptr while it works. */
  const char* broken() const { return broken_; }

 private:
  /** What ESAPI sees; `common` must be the first member (TCTI specification, section 4). */
  struct Context {
    TSS2_TCTI_CONTEXT_COMMON_V2 common;
    Transport* self;
  };
  static Context MakeContext(Transport* self);
  static Transport& Self(TSS2_TCTI_CONTEXT* context) { return *reinterpret_cast<Context*>(context)->self; }
  static TSS2_RC Transmit(TSS2_TCTI_CONTEXT* context, size_t size, const uint8_t* command);
  static TSS2_RC Receive(TSS2_TCTI_CONTEXT* context, size_t* size, uint8_t* response, int32_t timeout);

  /** Runs a transfer; remembers why it failed. */
  template <typename Transfer>
  TSS2_RC Try(Transfer&& transfer);

  std::unique_ptr<Wire> wire_;
  Deadline deadline_;
  const char* broken_ = nullptr;
  bool muted_ = false;
  Context context_ = MakeContext(this);
};

}  // namespace sherin::tpm
