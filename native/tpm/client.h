#pragma once
#include <optional>
#include <string>

#include "../failure.h"
#include "link.h"
#include "loaded.h"
#include "words.h"

namespace sherin::tpm {

/**
 * One client of one TPM: the link, the storage primary it insists on, and one HMAC session salted to that primary
 * which operations share. Everything else that an operation loads goes with the operation.
 */
class Client {
 public:
  /** @throws Failure */
  explicit Client(const std::string& tcti) : link_(tcti) {}

  /** Flushes what is shared and ends the link in order; only the destructor may follow. */
  void Leave() {
    session_.reset();
    link_.Leave();
  }

  Link& link() { return link_; }
  ESYS_CONTEXT* esys() const { return link_.esys(); }
  void Check(TSS2_RC rc, const char* call) const { link_.Check(rc, call); }

  /**
   * Creates the storage primary. The first one seen stays the only one accepted, so that no session is ever salted to
   * a key that came later. @throws Failure EPRIMARY when it is another, or not `expected`
   */
  Loaded Primary(const Name* expected = nullptr);
  /**
   * The shared HMAC session, salted to the primary, with these attributes for the next command: TPMA_SESSION_DECRYPT
   * encrypts its first parameter, TPMA_SESSION_ENCRYPT the first one of its answer, TPMA_SESSION_AUDIT only
   * authenticates both ways.
   */
  ESYS_TR Session(TPMA_SESSION attributes);
  /** A fresh session of its own, salted to `primary`; `attributes` hold until changed. */
  Loaded Start(const Loaded& primary, TPM2_SE type, TPMA_SESSION attributes);

  /** Runs an operation, after what an earlier one has left loaded is gone; when the TPM was reset meanwhile, starts it, drops what was shared, and runs it once more. */
  template <typename Operation>
  auto Retry(Operation&& operation) -> decltype(operation()) {
    try {
      if (link_.left()) {
        session_.reset();
        link_.Sweep();
      }
      return operation();
    } catch (const Failure& failure) {
      if (failure.code() != "ETPM" || !IsStale(failure.tpm().value_or(0)) || link_.broken()) throw;
    }
    session_.reset();
    link_.Startup();
    return operation();
  }

 private:
  Link link_;
  std::optional<Loaded> session_;
  Name primaryName_;
};

}  // namespace sherin::tpm
