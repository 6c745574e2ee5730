#pragma once
#include <napi.h>

namespace sherin {

/** Sets `system` of native/index.ts. */
void InitSystem(Napi::Env env, Napi::Object exports);

}  // namespace sherin
