#pragma once
#include <tss2/tss2_tcti.h>

#include <atomic>
#include <chrono>
#include <string>

namespace sherin::tpm {

/**
 * The way to the TPM: a TCTI of tpm2-tss behind one of our own, which waits for answers with a deadline and can be
 * told to stop waiting, so that a TPM that hangs never holds a thread for ever. Once a transfer has failed the
 * transport is broken for good: command and answer could no longer be told apart.
 */
class Transport {
 public:
  /** Longest wait for one answer. The slowest command in use, an ECC key on a discrete TPM, takes about a second. */
  static constexpr std::chrono::seconds kPatience{90};

  /** @param tcti such as `device:/dev/tpmrm0`. @throws Failure with the errno of the device or socket */
  explicit Transport(const std::string& tcti);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /** For Esys_Initialize; lives as long as this object. */
  TSS2_TCTI_CONTEXT* context();
  /** Any thread: gives a wait under way, and every later one, at most this much more time. */
  void Hurry(std::chrono::milliseconds left);
  /** Why the transport is broken as an errno name; nullptr while it works. */
  const char* broken() const { return broken_; }

 private:
  /** What ESAPI sees; `common` must be the first member (TCTI specification, section 4). */
  struct Context {
    TSS2_TCTI_CONTEXT_COMMON_V2 common;
    Transport* self;
  };
  using Clock = std::chrono::steady_clock;

  static Transport& Self(TSS2_TCTI_CONTEXT* context);
  static TSS2_RC Transmit(TSS2_TCTI_CONTEXT* context, size_t size, const uint8_t* command);
  static TSS2_RC Receive(TSS2_TCTI_CONTEXT* context, size_t* size, uint8_t* response, int32_t timeout);
  static TSS2_RC NotImplemented(TSS2_TCTI_CONTEXT* context);
  static TSS2_RC NoPollHandles(TSS2_TCTI_CONTEXT* context, TSS2_TCTI_POLL_HANDLE* handles, size_t* count);
  static TSS2_RC NoLocality(TSS2_TCTI_CONTEXT* context, uint8_t locality);

  /** Waits until the answer begins; false (and broken) when it will not come. */
  bool AwaitAnswer();
  TSS2_RC Break(const char* code);

  Context context_;
  TSS2_TCTI_CONTEXT* inner_ = nullptr;
  int wake_ = -1;
  std::atomic<Clock::rep> limit_{Clock::time_point::max().time_since_epoch().count()};
  const char* broken_ = nullptr;
};

}  // namespace sherin::tpm
