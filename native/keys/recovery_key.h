#pragma once
#include "../memory/locked.h"

namespace sherin {

/** Text form of a recovery key (FORMAT.md, "Key slots"), all of it in locked memory. */

/** @throws Failure EINVAL not 56 base32 characters; ECHECKSUM a mistyped one; the message names the group where one is to blame */
LockedBytes ParseRecoveryKey(Bytes text);
/** 7 groups of 8 characters joined by `-`, then a line end. `key` has 32 bytes. @throws Failure errno names */
void WriteRecoveryKey(Bytes key, int fd);

}  // namespace sherin
