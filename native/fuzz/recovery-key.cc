/** Fuzz target: the parser of recovery keys. */
#include <cstdlib>

#include "../failure.h"
#include "../keys/recovery_key.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    if (sherin::ParseRecoveryKey({data, size}).size() != 32) abort();
  } catch (const sherin::Failure& failure) {
    if (failure.code() != "EINVAL" && failure.code() != "ECHECKSUM") abort();
  }
  return 0;
}
