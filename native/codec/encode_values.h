#pragma once
#include <napi.h>

#include "encode.h"

namespace sherin {

/** EncodeOptions of native/index.ts. */
EncodeSettings SettingsOf(const Napi::Value& value);
Napi::Value ValueOf(Napi::Env env, const Encoded& encoded);
Napi::Value ValueOf(Napi::Env env, const Begun& begun);
/** Extent of native/index.ts. */
Napi::Value ValueOf(Napi::Env env, const Extent& extent);

}  // namespace sherin
