#pragma once
#include <memory>
#include <string>

#include "../keys/key_set.h"
#include "outcome.h"
#include "layout.h"

namespace sherin {

/** Reencrypted of native/index.ts. */
struct Reencrypted {
  Outcome outcome;
  std::string temporary{};  // empty: it is of the present epoch
  uint64_t stored = 0;
};

/**
 * Checks every byte of a stored cube of a former epoch and writes it anew under the present one, with the same ID and padding and a
 * fresh salt, below `cubes/tmp/`. @throws Failure
 */
Reencrypted Reencrypt(int vault, const Hash& id, const Uuid& uuid, const std::shared_ptr<KeySet>& keys);

}  // namespace sherin
