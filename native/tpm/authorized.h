#pragma once
#include <tss2/tss2_esys.h>

#include <algorithm>

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

/** Gives ESAPI the authValue of an object for the life of this guard, then overwrites ESAPI's copy. */
class Authorized {
 public:
  Authorized(Link& link, ESYS_TR object, const LockedBytes* auth) : link_(link), object_(object) {
    if (auth == nullptr) return;
    Cleansed<TPM2B_AUTH> value;
    Copy(*auth, *value);
    link.Check(Esys_TR_SetAuth(link.esys(), object, value.get()), "Esys_TR_SetAuth");
  }
  ~Authorized() {
    const TPM2B_AUTH nothing{};
    Esys_TR_SetAuth(link_.esys(), object_, &nothing);
  }
  Authorized(const Authorized&) = delete;
  Authorized& operator=(const Authorized&) = delete;

 private:
  Link& link_;
  ESYS_TR object_;
};

}  // namespace sherin::tpm
