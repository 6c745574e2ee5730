#pragma once
#include <napi.h>

#include <optional>
#include <vector>

#include "source_files.h"

namespace sherin {

/** EncodeOptions of native/index.ts. */
EncodeSettings SettingsOf(const Napi::Value& value);
Napi::Value ValueOf(Napi::Env env, const Encoded& encoded);
/** Of each file a Begun of native/index.ts, or a NativeError. */
Napi::Value ValueOf(Napi::Env env, const std::vector<std::optional<BegunOutcome>>& outcomes);
/** Extent of native/index.ts. */
Napi::Value ValueOf(Napi::Env env, const Extent& extent);

}  // namespace sherin
