#pragma once
#include <napi.h>

#include <cstdint>
#include <memory>

#include "../memory/locked.h"

namespace sherin {

struct ScryptCost {
  uint64_t n, r, p;
};

/** `{n, r, p}` within the bounds of FORMAT.md, "Key slots". @throws Napi::RangeError */
ScryptCost ScryptCostOf(const Napi::Value& value);

/** scrypt of RFC 7914 on a worker thread: a promise for a 32-byte Secret. */
Napi::Promise Scrypt(Napi::Env env, std::shared_ptr<LockedBytes> password, Bytes salt, ScryptCost cost);

}  // namespace sherin
