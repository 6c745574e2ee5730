#pragma once
#include <napi.h>

namespace sherin {

/** FuseSession of native/mount.ts. */
void InitFuse(Napi::Env env, Napi::Object exports);

}  // namespace sherin
