#pragma once
#include "policy.h"

namespace sherin::tpm {

/**
 * Looks an index up and compares its Name, which stands for its handle, type, attributes and size.
 * @throws Failure ENVGONE no such index; ENVNAME it is another one
 */
void OpenIndex(Client& client, const NvIndex& index, Reference& reference);

struct NewCounter {
  NvIndex index;
  uint64_t value;
};

NewCounter DefineCounter(Client& client, const LockedBytes* auth);
uint64_t ReadCounter(Client& client, const NvIndex& index, const LockedBytes* auth);
uint64_t IncrementCounter(Client& client, const NvIndex& index, const LockedBytes* auth);
void UndefineCounter(Client& client, const NvIndex& index);

}  // namespace sherin::tpm
