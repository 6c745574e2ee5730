#pragma once
#include <memory>
#include <string>

#include "../memory/locked.h"
#include "client.h"

namespace sherin::tpm {

/** TpmInfo of native/tpm.ts. */
struct Facts {
  std::string manufacturer, vendor, firmware;
  uint32_t lockoutCounter = 0, maxAuthFail = 0, lockoutInterval = 0, lockoutRecovery = 0;
  bool inLockout = false, lockoutAuthSet = false;
};

Facts ReadFacts(Client& client);

/** TPM2_GetRandom, encrypted on its way, XOR getrandom(2): as good as the better of the two. */
std::shared_ptr<LockedBytes> Random(Client& client, size_t length);

}  // namespace sherin::tpm
