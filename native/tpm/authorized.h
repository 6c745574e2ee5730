#pragma once
#include <tss2/tss2_esys.h>

#include <algorithm>
#include <utility>

#include "../memory/locked.h"
#include "cleanse.h"
#include "link.h"

namespace sherin::tpm {

/** An authValue has at most the size of the object's name algorithm, SHA-256. */
constexpr size_t kAuthLimit = TPM2_SHA256_DIGEST_SIZE;

inline void Copy(const LockedBytes& from, TPM2B_AUTH& to) {
  to.size = static_cast<UINT16>(std::min(from.size(), kAuthLimit));
  std::copy_n(from.data(), to.size, to.buffer);
}

/**
 * Gives ESAPI the authValue of an object for the life of this guard, then overwrites its copies: in the object's record
 * and, by `rehearsal` (the command that used it), in the session's.
 */
template <typename Rehearsal>
class Authorized {
 public:
  Authorized(Link& link, ESYS_TR object, const LockedBytes* auth, Rehearsal rehearsal)
      : link_(link), object_(object), rehearsal_(std::move(rehearsal)), used_(auth != nullptr) {
    if (!used_) return;
    Cleansed<TPM2B_AUTH> value;
    Copy(*auth, *value);
    link.Check(Esys_TR_SetAuth(link.esys(), object, value.get()), "Esys_TR_SetAuth");
  }
  ~Authorized() {
    if (!used_) return;
    TPM2B_AUTH ashes{};
    ashes.size = kAuthLimit;
    std::fill_n(ashes.buffer, kAuthLimit, BYTE{0xff});
    Esys_TR_SetAuth(link_.esys(), object_, &ashes);
    link_.Rehearse(rehearsal_);
  }
  Authorized(const Authorized&) = delete;
  Authorized& operator=(const Authorized&) = delete;

 private:
  Link& link_;
  ESYS_TR object_;
  Rehearsal rehearsal_;
  bool used_;
};

}  // namespace sherin::tpm
