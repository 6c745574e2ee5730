#pragma once
#include <napi.h>

#include <vector>

#include "written_slot.h"

namespace sherin {

/** SlotVertex[] of native/index.ts, of a slot of `length` bytes. @throws Napi::TypeError, Napi::RangeError */
std::vector<SlotVertex> SlotVerticesOf(const Napi::Value& value, size_t length);
Napi::Value ValueOf(Napi::Env env, const EncodedSlot& slot);

}  // namespace sherin
