#pragma once
#include <tss2/tss2_esys.h>

#include <string>
#include <vector>

#include "transport.h"

namespace sherin::tpm {

using Name = std::vector<uint8_t>;

/**
 * An ESAPI context with its TPM started and free of what an earlier client left loaded. Used by one thread; only
 * `Hurry` may be called from another.
 */
class Link {
 public:
  /** @throws Failure */
  explicit Link(const std::string& tcti);
  ~Link() { Esys_Finalize(&esys_); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  ESYS_CONTEXT* esys() const { return esys_; }
  bool broken() const { return transport_.broken() != nullptr; }
  void Hurry(Deadline::Patience patience) { transport_.Hurry(patience); }

  /** Turns what a call of ESAPI returned into a Failure unless it is success. */
  void Check(TSS2_RC rc, const char* call) const;
  /** TPM2_Startup(CLEAR); a TPM that runs already is fine. */
  void Startup();
  /** TPM2_Shutdown(CLEAR); the TPM goes on working and counts no unclean end against the PIN's lockout. */
  void Shutdown();
  /** Shutdown at the end, so that the TPM's next start is an orderly one; silent where it is gone. */
  void Leave();
  /** Something that was loaded could not be flushed. */
  void NoteLeft() { left_ = true; }
  bool left() const { return left_; }
  /** Flushes every transient object and loaded session that the TPM shows this client. */
  void Sweep();
  /**
   * Runs a command of ESAPI without sending it to the TPM. ESAPI keeps copies of authValues and sensitive parameters in
   * its context and its sessions and frees them unwiped; the same command once more, with other values, is what
   * overwrites them.
   */
  template <typename Command>
  void Rehearse(Command&& command) {
    transport_.Mute(true);
    command();
    transport_.Mute(false);
  }
  /** Overwrites ESAPI's command and response buffer by a command whose answer is long and public. */
  void OverwriteBuffers();
  /** Handles of one range, such as TPM2_TRANSIENT_FIRST. */
  std::vector<TPM2_HANDLE> Handles(TPM2_HANDLE first);

 private:
  Transport transport_;
  ESYS_CONTEXT* esys_ = nullptr;
  bool left_ = false;
};

}  // namespace sherin::tpm
