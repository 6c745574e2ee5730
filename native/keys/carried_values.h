#pragma once
#include <napi.h>

#include "carried.h"

namespace sherin {

/** `Wrapped` of native/keys.ts, with so many bytes of ciphertext. @throws Napi::TypeError, RangeError */
SealedKeys SealedKeysOf(const Napi::Value& value, size_t size);
Napi::Object ValueOf(Napi::Env env, const SealedKeys& sealed);
/** `CarriedKeys` of native/keys.ts; undefined: epoch 0. @throws Napi::TypeError, RangeError */
CarriedKeys CarriedKeysOf(const Napi::Value& value);
Napi::Object ValueOf(Napi::Env env, const CarriedKeys& carried);

}  // namespace sherin
